// Grades headers with MDN's HTTP Observatory and Google's CSP Evaluator.
//
// Reads {"headers": {name: text}} and writes
// {"grade", "score", "tests": {name: result}, "findings": [...]}.
// The Observatory fetches public sites only, so its tests are given the answer
// of such a site: https on port 443, with plain HTTP redirected to it.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const observatory = path.join(here, "node_modules/@mdn/mdn-http-observatory");
const load = (file) => import(pathToFileURL(path.join(observatory, file)).href);

// Its install script fetches browsers' lists of preloaded hosts: none is needed.
const preloaded = path.join(observatory, "conf/hsts-preload.json");
if (!fs.existsSync(preloaded)) fs.writeFileSync(preloaded, "{}");

const { ALL_TESTS } = await load("src/constants.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await load("src/grader/charts.js");
const { getGradeForScore, getScoreModifier } = await load("src/grader/grader.js");
const { Requests } = await load("src/types.js");
const require = createRequire(path.join(observatory, "package.json"));
const { AxiosHeaders } = require("axios");

const { headers } = JSON.parse(fs.readFileSync(0, "utf8"));
const url = new URL("https://shop.example/");
const answer = {
  status: 200,
  headers: new AxiosHeaders({ "content-type": "text/html; charset=utf-8", ...headers }),
  verified: true,
  httpEquiv: new Map(),
  request: { res: { responseUrl: url.href } },
  config: { url: url.href },
  data: "",
};
const redirects = [
  { url: new URL("http://shop.example/"), status: 308 },
  { url, status: 200 },
];
const requests = new Requests(url.hostname);
Object.assign(requests.responses, {
  auto: answer,
  https: answer,
  http: answer,
  httpRedirects: redirects,
  httpsRedirects: [redirects[1]],
});
requests.resources.path = "<!doctype html><title>shop</title>";
requests.session = { url, redirectHistory: redirects, response: answer };

const results = ALL_TESTS.map((test) => test(requests));
const points = results.map((each) => getScoreModifier(each.result));
const lost = points.filter((each) => each < 0).reduce((sum, each) => sum + each, 100);
const all = points.reduce((sum, each) => sum + each, 100);
const score = lost >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? all : lost;

const { CspEvaluator } = await import(
  pathToFileURL(path.join(here, "node_modules/csp_evaluator/dist/evaluator.js")).href
);
const { CspParser } = await import(
  pathToFileURL(path.join(here, "node_modules/csp_evaluator/dist/parser.js")).href
);
const policy = new CspParser(headers["content-security-policy"] ?? "").csp;
const findings = new CspEvaluator(policy).evaluate();

console.log(
  JSON.stringify({
    grade: getGradeForScore(score).grade,
    score,
    tests: Object.fromEntries(
      results.map((each, at) => [each.constructor.name, [each.result, points[at]]]),
    ),
    findings: findings.map(({ directive, value, severity, description }) => ({
      directive,
      value,
      severity,
      description,
    })),
  }),
);
