import { readFileSync } from 'node:fs';
import { type LicenseInfo, licensePlugin } from 'rolldown-license-plugin';

const RULE = '-'.repeat(80);

export interface ThirdPartyOptions {
  /** The server itself, for the SBOM. */
  readonly product: { readonly name: string; readonly version: string };
  /** Packages that stay in `node_modules`, where their licences lie beside them. */
  readonly outside: readonly string[];
  /** Packages that put their licence into a README only: the file that holds its text, by their name. */
  readonly texts: Readonly<Record<string, URL>>;
}

interface Component {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * Writes what the bundle is made of: THIRD_PARTY_LICENSES.txt with the licence (and the NOTICE, which Apache-2.0 asks to pass on)
 * of every package in it, and sbom.cdx.json, a CycloneDX list of these and of the packages outside. The build fails for a
 * package without a licence or its text.
 */
export function thirdParty({ product, outside, texts }: ThirdPartyOptions): ReturnType<typeof licensePlugin>[] {
  const notices = new Map<string, string>();
  return [
    licensePlugin({
      match: /^notice/i,
      done: (packages) => {
        for (const { name, version, licenseText } of packages) notices.set(`${name}@${version}`, licenseText);
      },
    }),
    licensePlugin({
      done: (packages, context) => {
        const parts = packages.map((part) => withText(part, texts));
        const missing = parts.filter(({ license, licenseText }) => license === '' || licenseText === '');
        if (missing.length > 0)
          context.error(`no licence, or no text of it: ${missing.map(({ name }) => name).join(', ')}`);
        const source = parts.map((part) => section(part, notices.get(`${part.name}@${part.version}`) ?? '')).join('\n');
        context.emitFile({ type: 'asset', fileName: 'THIRD_PARTY_LICENSES.txt', source });
        const sbom = `${JSON.stringify(sbomOf(product, [...parts, ...outside.map(installed)]), null, 2)}\n`;
        context.emitFile({ type: 'asset', fileName: 'sbom.cdx.json', source: sbom });
      },
    }),
  ];
}

function withText(part: LicenseInfo, texts: ThirdPartyOptions['texts']): LicenseInfo {
  const file = texts[part.name];
  return part.licenseText !== '' || file === undefined ? part : { ...part, licenseText: readFileSync(file, 'utf8') };
}

function section({ name, version, license, licenseText }: LicenseInfo, notice: string): string {
  const texts = [licenseText, notice].filter((text) => text !== '').map((text) => text.trim());
  return `${RULE}\n${name} ${version} (${license})\n${RULE}\n\n${texts.join('\n\n')}\n`;
}

/** A package of this app's own dependencies. */
function installed(name: string): Component {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  // The guarantee of the cast: npm refuses a package without name and version; ours are checked for a licence by hand.
  return JSON.parse(readFileSync(file, 'utf8')) as Component;
}

function sbomOf(product: ThirdPartyOptions['product'], components: readonly Component[]): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', ...product } },
    components: components.map(({ name, version, license }) => {
      const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
      // An expression such as "(MIT OR Apache-2.0)" stands in a field of its own.
      const licenses = /\s/.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
      return { type: 'library', 'bom-ref': purl, name, version, licenses, purl };
    }),
  };
}
