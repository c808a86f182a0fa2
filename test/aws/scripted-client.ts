/** What a client was asked, as plain input. */
export type Asked = { readonly command: string; readonly input: Record<string, unknown> };

type Command = { readonly input: object };

/**
 * A client that gives the replies in the order given, one a call (an Error is thrown), for what the emulator does otherwise than AWS. Throws
 * on a call too many.
 */
export function scriptedClient(...replies: readonly (object | Error)[]): {
  readonly asked: readonly Asked[];
  /** For the SDK's own overloads of `send`. */
  readonly send: never;
} {
  const asked: Asked[] = [];
  const send = async (command: Command): Promise<object> => {
    const reply = replies[asked.length];
    asked.push({ command: command.constructor.name, input: command.input as Record<string, unknown> });
    if (reply === undefined) throw new Error(`call ${asked.length} was not expected: ${command.constructor.name}`);
    if (reply instanceof Error) throw reply;
    return reply;
  };
  return { asked, send: send as never };
}

/** A failure as the SDK throws it. */
export function awsError(name: string, httpStatusCode: number | undefined, message = "as AWS says it"): Error {
  return Object.assign(new Error(message), { name, $metadata: httpStatusCode === undefined ? {} : { httpStatusCode } });
}
