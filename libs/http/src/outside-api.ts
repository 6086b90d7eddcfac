import { RequestMethod, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';

/** Marks a controller whose routes people open in a browser: `/credentials`, not `/api/credentials`. */
export const OutsideApi = DiscoveryService.createDecorator<true>();

/** Paths of the marked controllers, in the form that `setGlobalPrefix` excludes. */
export function pathsOutsideApi(discovery: DiscoveryService) {
  return discovery
    .getControllers()
    .filter((wrapper) => Reflect.hasMetadata(OutsideApi.KEY, wrapper.metatype as Type))
    .flatMap((wrapper) => {
      const path = Reflect.getMetadata(PATH_METADATA, wrapper.metatype as Type) as string | string[];
      return [path].flat();
    })
    .flatMap((path) => [path, `${path}/{*rest}`])
    .map((path) => ({ path, method: RequestMethod.ALL }));
}
