// Whom alarms call: the topic of the deployment, or nobody.
module.exports = async ({ resolveVariable }) => {
  const topic = await resolveVariable("param:alarmTopic");
  return topic === "" ? [] : [topic];
};
