// sigstore-js's libraries as three commands: bundles of a file, of a statement, and their proof.
//
//   sigstore.cjs sign SIGNING_CONFIG FILE BUNDLE          (a token in $SIGSTORE_ID_TOKEN)
//   sigstore.cjs attest SIGNING_CONFIG STATEMENT BUNDLE   (likewise)
//   sigstore.cjs verify TRUSTED_ROOT FILE BUNDLE IDENTITY ISSUER|--key PUBLIC_KEY
'use strict'
const crypto = require('node:crypto')
const fs = require('node:fs')
const { bundleFromJSON, bundleToJSON } = require('@sigstore/bundle')
const { SigningConfig, TrustedRoot } = require('@sigstore/protobuf-specs')
const { bundleBuilderFromSigningConfig } = require('@sigstore/sign')
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify')

const read = (path) => JSON.parse(fs.readFileSync(path, 'utf8'))

async function bundle(bundleType, type, config, file, output) {
  const builder = bundleBuilderFromSigningConfig({
    signingConfig: SigningConfig.fromJSON(read(config)),
    identityProvider: { getToken: async () => process.env.SIGSTORE_ID_TOKEN },
    bundleType,
  })
  const made = await builder.create({ data: fs.readFileSync(file), type })
  fs.writeFileSync(output, JSON.stringify(bundleToJSON(made)))
}

function verify(root, file, bundle, ...who) {
  const { keys, policy } = who[0] === '--key' ? byKey(who[1]) : byIdentity(...who)
  const trust = toTrustMaterial(TrustedRoot.fromJSON(read(root)), keys)
  const [parsed, content] = [bundleFromJSON(read(bundle)), fs.readFileSync(file)]
  new Verifier(trust).verify(toSignedEntity(parsed, content), policy)
  // What a statement is about is left to the library's caller.
  const { $case, dsseEnvelope } = parsed.content
  if ($case === 'dsseEnvelope' && !isAbout(JSON.parse(dsseEnvelope.payload), content)) {
    throw new Error('the statement is about another file')
  }
}

function byIdentity(subjectAlternativeName, issuer) {
  return { policy: { subjectAlternativeName, extensions: { issuer } } }
}

function byKey(path) {
  const publicKey = crypto.createPublicKey(fs.readFileSync(path))
  return { keys: () => ({ publicKey, validFor: () => true }) }
}

function isAbout(statement, content) {
  const sha256 = crypto.createHash('sha256').update(content).digest('hex')
  return statement.subject.some((subject) => subject.digest.sha256 === sha256)
}

const commands = {
  sign: (...words) => bundle('messageSignature', undefined, ...words),
  attest: (...words) => bundle('dsseEnvelope', 'application/vnd.in-toto+json', ...words),
  verify,
}
const [command, ...words] = process.argv.slice(2)
Promise.resolve()
  .then(() => commands[command](...words))
  .catch((error) => {
    console.error(`${error.name}: ${error.message}${error.cause ? `: ${error.cause}` : ''}`)
    process.exitCode = 1
  })
