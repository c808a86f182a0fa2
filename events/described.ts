import * as z from "zod/mini";

/** The same schema with a description: of it in this place, whatever it is called elsewhere. */
export function described<Schema extends z.core.$ZodType>(schema: Schema, description: string): Schema {
  return annotated(schema, { description });
}

/** The same schema with what documents are to say of it. */
export function annotated<Schema extends z.core.$ZodType>(schema: Schema, meta: z.core.GlobalMeta): Schema {
  const same = z.clone(schema);
  z.globalRegistry.add(same, meta);
  return same;
}
