declare module "@first" {
  const url: string;
  export default url;
}

/** Empty when the module was left whole. */
declare module "@lab" {
  const url: string;
  export default url;
}

/** Empty when the module was left whole. */
declare module "@rest" {
  const url: string;
  export default url;
}

declare module "*.yaml?raw" {
  const text: string;
  export default text;
}
