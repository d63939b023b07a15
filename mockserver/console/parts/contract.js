// The contracts that are served: their operations, with what forms need to know of them.

import { call } from "./api.js";

const ADDRESSES = ["../openapi.json", "../oauth.json"];

let contracts = [];

/** Read the contracts; gives their operations and their scopes. */
export async function readContracts() {
  contracts = await Promise.all(ADDRESSES.map((address) => call("GET", address)));
  const schemes = contracts.flatMap((one) => Object.values(one.components?.securitySchemes ?? {}));
  const flows = schemes.flatMap((scheme) => Object.values(scheme.flows ?? {}));
  return { operations: contracts.flatMap(operationsOf), scopes: Object.assign({}, ...flows.map((flow) => flow.scopes)) };
}

function operationsOf(contract) {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, raw]) => raw.operationId)
      .map(([method, raw]) => operationOf(contract, path, item, method, raw)));
}

function operationOf(contract, path, item, method, raw) {
  const security = raw.security ?? contract.security ?? [];
  const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])].map((one) => resolved(contract, one));
  const content = resolved(contract, raw.requestBody)?.content ?? {};
  return {
    id: raw.operationId,
    method: method.toUpperCase(),
    path,
    owner: raw["x-owner"],
    scopes: security.flatMap((way) => Object.values(way)).find((scopes) => scopes.length) ?? [],
    parameters: parameters.filter((one) => one.in === "path" || one.in === "query"),
    mediaTypes: Object.keys(content),
    fields: fieldsOf(contract, (content["application/json"] ?? Object.values(content)[0])?.schema),
  };
}

/** The members of a body, by its schema. */
function fieldsOf(contract, schema) {
  const { required = [], properties = {} } = merged(contract, schema);
  return Object.entries(properties).map(([name, raw]) => {
    const { type, description } = merged(contract, raw);
    return { name, type, description, required: required.includes(name) };
  });
}

/** A schema with those of its `allOf` in it. */
function merged(contract, raw) {
  const { allOf = [], ...schema } = resolved(contract, raw) ?? {};
  return allOf.map((one) => merged(contract, one)).reduce((all, one) => ({
    ...all,
    ...one,
    required: [...(all.required ?? []), ...(one.required ?? [])],
    properties: { ...all.properties, ...one.properties },
  }), schema);
}

function resolved(contract, raw) {
  let found = raw;
  while (found?.$ref?.startsWith("#/")) {
    found = found.$ref.slice(2).split("/")
      .reduce((inside, key) => inside?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], contract);
  }
  return found;
}

/** The example of the contracts for a code of a problem, if they have one. */
export function exampleOf(code) {
  const examples = contracts.flatMap((one) => Object.values(one.components?.examples ?? {}));
  return examples.map((one) => one.value).find((value) => value?.code === code);
}
