import type { TopicPartition } from '../stream';

/** A member as the group sees it. */
export interface GroupMember {
  readonly topics: readonly string[];
}

/** Assigns the partitions of topics to the members of one group, anew whenever somebody comes or goes. */
export class ConsumerGroup {
  /** Rises with each assignment. */
  generation = 0;
  private readonly members: GroupMember[] = [];

  constructor(private readonly partitionsOf: (topic: string) => number) {}

  reads(topic: string): boolean {
    return this.members.some((member) => member.topics.includes(topic));
  }

  join(member: GroupMember): void {
    this.members.push(member);
    this.generation += 1;
  }

  leave(member: GroupMember): void {
    const index = this.members.indexOf(member);
    if (index < 0) return;
    this.members.splice(index, 1);
    this.generation += 1;
  }

  /** Partitions of a member in the present generation: dealt out in turn, the same number of each topic. */
  assignment(member: GroupMember): TopicPartition[] {
    return member.topics.flatMap((topic) => {
      const readers = this.members.filter((each) => each.topics.includes(topic));
      const turn = readers.indexOf(member);
      const all = Array.from({ length: this.partitionsOf(topic) }, (_, partition) => ({ topic, partition }));
      return all.filter(({ partition }) => partition % readers.length === turn);
    });
  }
}
