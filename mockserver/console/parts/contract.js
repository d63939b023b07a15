// The contract of the API: its operations, with what forms need to know of them.

import { call } from "./api.js";

let whole = {};

/** Read the contract; gives its operations and its scopes. */
export async function readContract() {
  whole = await call("GET", "../openapi.json");
  const schemes = Object.values(whole.components?.securitySchemes ?? {});
  const flows = schemes.flatMap((scheme) => Object.values(scheme.flows ?? {}));
  const operations = Object.entries(whole.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, raw]) => raw.operationId)
      .map(([method, raw]) => operationOf(path, item, method, raw)));
  return { operations, scopes: Object.assign({}, ...flows.map((flow) => flow.scopes)) };
}

function operationOf(path, item, method, raw) {
  const security = raw.security ?? whole.security ?? [];
  const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])].map(resolved);
  const content = resolved(raw.requestBody)?.content ?? {};
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    owner: raw["x-owner"],
    scopes: security.flatMap((way) => Object.values(way)).find((scopes) => scopes.length) ?? [],
    parameters: parameters.filter((one) => one.in === "path").map((one) => one.name),
    mediaTypes: Object.keys(content),
    fields: fieldsOf((content["application/json"] ?? Object.values(content)[0])?.schema),
  };
}

/** The members of a body, by its schema. */
function fieldsOf(schema) {
  const { required = [], properties = {} } = merged(schema);
  return Object.entries(properties).map(([name, raw]) => {
    const { type, description } = merged(raw);
    return { name, type, description, required: required.includes(name) };
  });
}

/** A schema with those of its `allOf` in it. */
function merged(raw) {
  const { allOf = [], ...schema } = resolved(raw) ?? {};
  return allOf.map(merged).reduce((all, one) => ({
    ...all,
    ...one,
    required: [...(all.required ?? []), ...(one.required ?? [])],
    properties: { ...all.properties, ...one.properties },
  }), schema);
}

function resolved(raw) {
  let found = raw;
  while (found?.$ref?.startsWith("#/")) {
    found = found.$ref.slice(2).split("/")
      .reduce((inside, key) => inside?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], whole);
  }
  return found;
}

/** The example of the contract for a code of a problem, if it has one. */
export function exampleOf(code) {
  const examples = Object.values(whole.components?.examples ?? {});
  return examples.map((one) => one.value).find((value) => value?.code === code);
}
