/**
 * The page of statistics that an application serves itself, made from parts of the dashboard.
 *
 * Knows `metrics.json` and `errors.json` beside it and nothing else of a server.
 */

import { render } from "preact";
import "../design/style.css";
import { startTheme } from "../shell/theme";
import { startAsking } from "./statistics";
import { StatisticsPage } from "./statistics_page";
import { takeToken } from "./token";

takeToken();
startTheme();
startAsking();

const place = document.getElementById("application");
if (place !== null) render(<StatisticsPage />, place);
