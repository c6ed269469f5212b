/** Requests to the operator, and its refusals as errors. A 401 asks for the token, until it is right or not given. */
import { askForToken, token } from "@/lib/token";
import type { components } from "@/types/openapi";

export type Schemas = components["schemas"];

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly reason: string,
    readonly faults: { field: string; message: string }[] = [],
  ) {
    super(message);
  }
}

/** Headers of a request under /api/. */
export function headers(): Record<string, string> {
  const given = token();
  return given ? { authorization: `Bearer ${given}` } : {};
}

/** Sends one request and gives the JSON of its answer. Raises ApiError, with status 0 when nobody answered. */
export async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  for (;;) {
    const used = token();
    const answer = await send(method, path, body);
    if (answer.status !== 401) return read<Answer>(answer);
    if (!(await askForToken(method === "GET" ? "read" : "write", used)))
      throw new ApiError("The operator does not do this without its token.", 401, "Unauthorized");
  }
}

export const get = <Answer>(path: string): Promise<Answer> => request<Answer>("GET", path);

async function send(method: string, path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers: { ...headers(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError("The operator does not answer. Is it running?", 0, "NoAnswer");
  }
}

async function read<Answer>(answer: Response): Promise<Answer> {
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as Answer;
  throw refusal(answer.status, text);
}

/** The error of an answer that is not 2xx: the operator's own words, or the status where something else answered. */
export function refusal(status: number, text: string): ApiError {
  try {
    const told = JSON.parse(text) as Partial<Schemas["Refusal"]>;
    if (told.error) return new ApiError(told.error, status, told.reason ?? "", told.faults ?? []);
  } catch {
    // not the operator's: a proxy between
  }
  return new ApiError(`The operator cannot be reached: the answer was ${status}.`, status, "");
}
