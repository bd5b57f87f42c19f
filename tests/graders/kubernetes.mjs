// Checks Kubernetes objects with validators made of the schemas of Kubernetes,
// cert-manager, trust-manager and the Gateway API.
//
// Reads a list of objects and writes for each a list of what is wrong with it.
// The validators pass over fields that they do not know, where an API server
// complains (strict field validation) or drops them. So each value is replaced by
// one that fits no field at all: where that is not noticed, the field is unknown.
import fs from "node:fs";

const PACKAGES = {
  "cert-manager.io": "@kubernetes-models/cert-manager/",
  "trust.cert-manager.io": "@kubernetes-models/cert-manager/",
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/",
};

async function validatorOf({ apiVersion, kind }) {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  const name = (PACKAGES[group] ?? "kubernetes-models/") + apiVersion;
  const model = (await import(name))[kind];
  return (object) => {
    try {
      new model(object).validate();
      return "";
    } catch (error) {
      return error.message;
    }
  };
}

function* paths(value, path = []) {
  if (path.length) yield path;
  if (value !== null && typeof value === "object") {
    for (const key of Object.keys(value)) yield* paths(value[key], [...path, key]);
  }
}

function spoiled(object, path) {
  const copy = structuredClone(object);
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce((at, key) => at[key], copy);
  parent[last] = Array.isArray(parent[last]) ? { no: 1 } : [[1]];
  return copy;
}

function unknown(object, validate) {
  const found = [];
  for (const path of paths(object)) {
    // What is below an unknown field is unknown, too.
    const known = !found.some((each) => each.every((key, at) => key === path[at]));
    if (known && !validate(spoiled(object, path))) found.push(path);
  }
  return found.map((path) => `there is no field ${path.join(".")}`);
}

const answers = [];
for (const object of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const validate = await validatorOf(object);
  const problem = validate(object);
  answers.push(problem ? [problem] : unknown(object, validate));
}
console.log(JSON.stringify(answers));
