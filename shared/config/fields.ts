import * as z from "zod";
import { INSTANT_PATTERN, parseInstant } from "./instant.ts";

/** What the files are made of. Each description reads on after "right would be", and is what an editor shows. */

/** A schema of a configuration file or a part of one. */
export type ConfigSchema = z.ZodType;

/** What is read from a value of schema `S`. */
export type Read<S extends ConfigSchema> = z.output<S>;

/** What a person writes for a schema `S`, before defaults are filled in. */
export type Written<S extends ConfigSchema> = z.input<S>;

/** The id of a target: lower case, so that it can stand in a path, a metric and a message unchanged. */
export const targetId = () =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .describe("an id of lower-case letters, digits and hyphens, 1 to 63 long");

/** Text with something in it. */
export const text = (meaning: string) => z.string().regex(/\S/).describe(`text (${meaning})`);

/** A number above 0. */
export const positiveNumber = (meaning: string) => z.number().positive().describe(`a number above 0 (${meaning})`);

/** A number from 0 to `max`. */
export const numberFromZero = (meaning: string, max?: number) =>
  max === undefined
    ? z.number().nonnegative().describe(`a number, 0 or above (${meaning})`)
    : z.number().nonnegative().max(max).describe(`a number from 0 to ${max} (${meaning})`);

/** A number from `-most` to `most`. */
export const numberBetween = (meaning: string, most: number) =>
  z.number().min(-most).max(most).describe(`a number from ${-most} to ${most} (${meaning})`);

/** A whole number from `min` to `max`. */
export const wholeNumber = (meaning: string, min: number, max = 1_000_000_000) =>
  z.int().min(min).max(max).describe(`a whole number from ${min} to ${max} (${meaning})`);

/** A share of a whole, above 0 and at most 1. */
export const share = (meaning: string) => z.number().positive().max(1).describe(`a number above 0 and at most 1 (${meaning})`);

/** Yes or no. */
export const flag = (meaning: string) => z.boolean().describe(`true or false (${meaning})`);

/** One of some words. */
export const oneOf = <const W extends readonly [string, ...string[]]>(words: W, meaning: string) =>
  z.enum(words).describe(`one of ${words.join(", ")} (${meaning})`);

/** An instant with its zone, read as epoch milliseconds. */
export const instant = (meaning: string) =>
  z
    .string()
    .regex(INSTANT_PATTERN)
    .refine((written) => parseInstant(written) !== undefined)
    .transform((written) => parseInstant(written) ?? Number.NaN)
    .describe(`an instant with its zone, like 2026-06-13T18:00:00Z (${meaning})`);

/** Two instants: from, included, and to, excluded. */
export const timeWindow = (meaning: string) =>
  z.tuple([instant("included"), instant("excluded")]).describe(`two instants, [from, to), the second excluded (${meaning})`);

/** Two numbers, the lower one first. */
export const interval = (meaning: string) =>
  z.tuple([numberFromZero("the lower end"), numberFromZero("the upper end")]).describe(`two numbers, [lower, upper] (${meaning})`);

/** Keys and values; any other key is a problem. */
export const keys = <S extends z.ZodRawShape>(shape: S, meaning: string) => z.strictObject(shape).describe(`keys and values (${meaning})`);

/** A list of at least `min` entries. */
export const listOf = <S extends ConfigSchema>(entry: S, meaning: string, min = 0) =>
  min === 0 ? z.array(entry).describe(`a list (${meaning})`) : z.array(entry).min(min).describe(`a list of at least ${min} (${meaning})`);

/** Values by target id. */
export const byTargetId = <S extends ConfigSchema>(value: S, meaning: string) =>
  z.record(targetId(), value).describe(`keys and values by target id (${meaning})`);
