import { awsCapacity } from "../../shared/aws/capacity-control.ts";
import type { Target } from "../../shared/core/target.ts";
import { capacityControlLaws } from "../laws/capacity-control.laws.ts";
import { describeWithMoto, type Moto } from "./moto.ts";
import { clientsOf, HOME, makeCluster, makeServices, readersAt, register, serviceAt, targetAt, withOwnDoing } from "./seeded.ts";

const SERVICES: readonly Target[] = [targetAt("web", serviceAt("front")), targetAt("player", serviceAt("player"))];
const READERS: readonly Target[] = ["catalogue", "sessions"].map((id) => targetAt(id, readersAt(id), { kind: "aurora-readers" }));

async function services(moto: Moto): Promise<void> {
  await makeServices(moto, ["front", "player"], 3);
  for (const { aws = {} } of SERVICES) await register(moto, aws, 2, 12);
}

async function readers(moto: Moto): Promise<void> {
  for (const { id, aws = {} } of READERS) {
    await makeCluster(moto, id, { readers: 1 });
    await register(moto, aws, 1, 4);
  }
}

describeWithMoto("capacity in an emulated AWS", (moto) => {
  const own = () => clientsOf(moto);
  const mended = () => withOwnDoing(moto, clientsOf(moto));

  capacityControlLaws(
    "ECS services on moto as it is",
    async () => {
      await services(moto);
      return { capacity: awsCapacity({ targets: SERVICES, clients: own(), homeRegion: HOME }), targetIds: ["web", "player"] };
    },
    {
      excused: {
        "an accepted minimum is the one described next, and at least that many units are asked for":
          "moto sets the bounds of a scalable target and leaves the service as it is",
      },
    },
  );

  capacityControlLaws("ECS services on moto, put within their bounds as AWS does", async () => {
    await services(moto);
    return { capacity: awsCapacity({ targets: SERVICES, clients: mended(), homeRegion: HOME }), targetIds: ["web", "player"] };
  });

  capacityControlLaws("Aurora readers on moto, put within their bounds as AWS does", async () => {
    await readers(moto);
    return { capacity: awsCapacity({ targets: READERS, clients: mended(), homeRegion: HOME }), targetIds: ["catalogue", "sessions"] };
  });
});
