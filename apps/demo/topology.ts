/** What the shop is made of, which its manifests follow too. */
export {
  shopServiceNames as serviceNames,
  shopTopology as topology,
  type ShopServiceName as ServiceName,
  type ShopServiceSpec as ServiceSpec,
} from '@plumbline/contracts/shop';
import { shopServiceNames, type ShopServiceName } from '@plumbline/contracts/shop';

/** Products are `p-1` to `p-40`. */
export const productCount = 40;

/** Narrows a string from outside. */
export function isServiceName(name: string): name is ShopServiceName {
  return (shopServiceNames as readonly string[]).includes(name);
}
