import type { Service } from '../service/service';
import type { ServiceName } from '../topology';
import { cart } from './cart';
import { catalog } from './catalog';
import { checkout } from './checkout';
import { gateway } from './gateway';
import { inventory } from './inventory';
import { payment } from './payment';
import { shipping } from './shipping';

/** What each service adds its routes with. */
export const routes: Readonly<Record<ServiceName, (service: Service) => void>> = {
  gateway,
  catalog,
  inventory,
  cart,
  checkout,
  payment,
  shipping,
};
