/**
 * Overview: how the program does at the moment, and what to look at.
 */

import { TimeChart } from "../charts/time_chart";
import { Download } from "../design/download";
import { duration, percentage, thousands } from "../design/number";
import { Command, Empty, Failure, Loading } from "../design/states";
import { useResource } from "../live/resource";
import { sessionPath } from "../live/session";
import { OwnCost } from "../overview/own_cost";
import "../overview/overview.css";
import { columnsOf, hasRequests, type Overview, rate } from "../overview/overview_data";
import { RecentErrors } from "../overview/recent_errors";
import { Tile } from "../overview/tile";
import { TopFunctions } from "../overview/top_functions";

/** The page. */
export function OverviewPage() {
  const { value, problem, isLoading } = useResource<Overview>(sessionPath("overview"), "overview");
  return (
    <section class="page" aria-busy={isLoading}>
      <header class="page-head">
        <h1>Overview</h1>
        {value?.is_live === false && <span class="badge">ended</span>}
        {value?.is_live === true && <span class="badge is-good">running</span>}
        <div class="page-tools">
          <Download name="overview" value={value} />
        </div>
      </header>
      {problem !== null && <Failure problem={problem} />}
      {value === null && problem === null && <Loading />}
      {value !== null && <Known overview={value} />}
    </section>
  );
}

function Known({ overview }: { overview: Overview }) {
  if (overview.call_count === 0 && !hasRequests(overview)) return <Nothing />;
  return (
    <>
      {hasRequests(overview) && <Web overview={overview} />}
      <ProgramTiles overview={overview} />
      <div class="columns">
        <TopFunctions />
        {hasRequests(overview) && <RecentErrors errors={overview.recent_errors} />}
      </div>
      <OwnCost cost={overview.own_cost} />
    </>
  );
}

function Web({ overview }: { overview: Overview }) {
  const { times, requestsPerS, errorsPerS, errorShares, p50, p95 } = columnsOf(overview);
  const share = overview.error_share;
  return (
    <>
      <div class="tiles">
        <Tile
          title="Requests per second"
          value={rate(overview.requests_per_s)}
          note={`${thousands(overview.request_count)} in 15 minutes`}
          course={{ times, line: { label: "Requests", colour: "--series-1", values: requestsPerS, isFilled: true } }}
        />
        <Tile
          title="Errors"
          value={share === null ? "–" : percentage(overview.error_count, overview.request_count)}
          note={`${thousands(overview.error_count)} in 15 minutes`}
          isBad={overview.error_count > 0}
          course={{ times, line: { label: "Errors", colour: "--series-4", values: errorShares, isFilled: true } }}
        />
        <Tile
          title="p50"
          value={timeText(overview.duration_ns_p50)}
          note="half of all requests took less"
          course={{ times, line: { label: "p50", colour: "--series-3", values: p50, isFilled: true } }}
        />
        <Tile
          title="p95"
          value={timeText(overview.duration_ns_p95)}
          note="95 of 100 took less"
          course={{ times, line: { label: "p95", colour: "--series-2", values: p95, isFilled: true } }}
        />
      </div>
      <div class="columns">
        <section class="card">
          <h2>Requests and errors per second</h2>
          <TimeChart
            spoken={`Requests per second over the last 15 minutes, ${rate(overview.requests_per_s)} on average`}
            times={times}
            heightPx={180}
            format={rate}
            lines={[
              { label: "Requests", colour: "--series-1", values: requestsPerS, isFilled: true },
              { label: "Errors", colour: "--series-4", values: errorsPerS },
            ]}
          />
        </section>
        <section class="card">
          <h2>How long requests took</h2>
          <TimeChart
            spoken={`Durations over the last 15 minutes: p50 ${timeText(overview.duration_ns_p50)}, p95 ${timeText(overview.duration_ns_p95)}`}
            times={times}
            heightPx={180}
            format={(ns) => duration(ns)}
            lines={[
              { label: "p50", colour: "--series-3", values: p50 },
              { label: "p95", colour: "--series-2", values: p95 },
            ]}
          />
        </section>
      </div>
    </>
  );
}

function ProgramTiles({ overview }: { overview: Overview }) {
  return (
    <div class="tiles">
      <Tile title="Calls" value={thousands(overview.call_count)} />
      <Tile title="Functions" value={thousands(overview.function_count)} />
      <Tile
        title="Exceptions"
        value={thousands(overview.exception_count)}
        note={`${percentage(overview.exception_count, overview.call_count)} of calls`}
      />
      {overview.process_count !== undefined && <Tile title="Processes" value={thousands(overview.process_count)} />}
    </div>
  );
}

function timeText(ns: number | null): string {
  return ns === null ? "–" : duration(ns);
}

function Nothing() {
  return (
    <Empty>
      <p>Nothing was called in this session yet.</p>
      <p>
        It fills while the program runs: <Command>ghost run --serve app.py</Command>
      </p>
    </Empty>
  );
}
