/** Asking again: not too often, never twice at a time, and never missing the last news. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refreshing } from "./refresher";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A question that is answered when the test says so. */
function questions() {
  const waiting: (() => void)[] = [];
  const ask = vi.fn(() => new Promise<void>((answered) => waiting.push(answered)));
  const answer = async () => {
    waiting.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { ask, answer };
}

describe("a refresher", () => {
  it("asks at once, and after much news once", async () => {
    const { ask, answer } = questions();
    const refresher = refreshing(ask, 1000);
    expect(ask).toHaveBeenCalledTimes(1);
    await answer();
    for (let news = 0; news < 9; news += 1) refresher.changed();
    await vi.advanceTimersByTimeAsync(999);
    expect(ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("asks again for news that came while it waited", async () => {
    const { ask, answer } = questions();
    const refresher = refreshing(ask, 1000);
    refresher.changed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(ask).toHaveBeenCalledTimes(1);
    await answer();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("asks no more once it is stopped", async () => {
    const { ask, answer } = questions();
    const refresher = refreshing(ask, 1000);
    await answer();
    refresher.changed();
    refresher.stop();
    refresher.changed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
