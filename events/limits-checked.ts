import * as z from "zod/mini";
import { described } from "./described.ts";
import { defineEvent } from "./contract.ts";
import { id } from "./field.ts";
import { instant } from "./instant.ts";

/** The plans of the next days were held against the limits they will meet. */
export const limitsChecked = defineEvent({
  name: "limits.checked",
  version: 1,
  about: "What quotas, subnets and other limits of an account will be in the way of the next days' plans, told while there is time.",
  sent: "Twice a day, also when nothing was found.",
  schema: () =>
    z.strictObject({
      until: described(instant, "The plans that were looked at end here."),
      findings: described(
        z.array(
          z.strictObject({
            code: described(
              z.enum(["vcpu-quota", "launch-rate", "subnet-addresses", "scheduled-actions", "reservation-decreases", "limit-unknown"]),
              "Which limit. `limit-unknown`: one could not be looked at, and may be in the way.",
            ),
            targetIds: described(z.array(id), "Targets that it is in the way of."),
            at: described(z.nullable(instant), "When it is first in the way; null when that is not known."),
            what: described(z.string(), "What was found, for a person."),
            right: described(z.string(), "What would be right."),
          }),
        ),
        "What was found, first what is in the way first; empty when nothing is.",
      ),
    }),
  example: {
    id: "limits.checked/2025-12-28T06:00:00.000Z",
    at: "2025-12-28T06:00:03.120Z",
    data: {
      until: "2025-12-31T06:00:00.000Z",
      findings: [
        {
          code: "vcpu-quota",
          targetIds: ["player-api"],
          at: "2025-12-30T18:51:00.000Z",
          what: "the floors take 1224 vCPU of 1000 that may run on Fargate in this account and Region",
          right: "right would be a quota of 1530 or more: it is asked for at Service Quotas, and takes days",
        },
      ],
    },
  },
});
