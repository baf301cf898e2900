/**
 * Starts the dashboard: takes the token, chooses the colours, connects, and draws.
 */

import { render } from "preact";
import { takeToken, token } from "./api/token";
import "./design/style.css";
import { connect } from "./live/socket";
import { startRouter } from "./router/route";
import { Application } from "./shell/application";
import { startTheme } from "./shell/theme";
import { reportUse } from "./shell/usage_data";

takeToken();
startTheme();
startRouter();
connect();
if (token() !== null) reportUse();

const place = document.getElementById("application");
if (place !== null) render(<Application />, place);
