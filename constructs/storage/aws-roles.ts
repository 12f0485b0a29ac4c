import { InvalidPropError } from '../core/errors';

/** Options of {@link AwsRoles}. */
export interface AwsRolesProps {
  /** Number of the account that the roles are in, twelve digits. */
  readonly account: string;
  /** What stands before the name of the workload in that of its role. @default 'plumbline-' */
  readonly prefix?: string;
}

/** A role of AWS for each workload, named after it: `arn:aws:iam::<account>:role/<prefix><workload>`. */
export class AwsRoles {
  /** @throws {InvalidPropError} if the account is none, or a role could not have such a name */
  constructor(private readonly props: AwsRolesProps) {
    const { account, prefix = '' } = props;
    if (!/^\d{12}$/.test(account)) throw new InvalidPropError('AwsRoles.account', account, 'twelve digits');
    if (!/^[\w+=,.@/-]*$/.test(prefix))
      throw new InvalidPropError('AwsRoles.prefix', prefix, 'letters, digits and +=,.@/-_');
  }

  /** ARN of the role of the workload of this name. */
  of(workload: string): string {
    const { account, prefix = 'plumbline-' } = this.props;
    return `arn:aws:iam::${account}:role/${prefix}${workload}`;
  }
}
