declare module "@module" {
  const url: string;
  export default url;
}

declare module "*.yaml?raw" {
  const text: string;
  export default text;
}
