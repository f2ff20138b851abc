// An OpenID provider on this machine: `node provider.mjs PORT CLIENTS PEOPLE PLACE`. CLIENTS is a file of clients as
// oidc-provider has them, PEOPLE one of people, {name: claims}, read anew at every sign-on; PLACE says where the claims
// are told: id_token, or userinfo only. Whatever password somebody types is theirs.
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const [port, clients, people, place] = process.argv.slice(2);
const person = (name) => JSON.parse(readFileSync(people, 'utf8'))[name];

const provider = new Provider(`http://localhost:${port}`, {
  clients: JSON.parse(readFileSync(clients, 'utf8')),
  pkce: { required: () => true },
  acrValues: ['low', 'high'],
  claims: {
    openid: ['sub', 'acr', 'pid'],
    profile: ['given_name', 'family_name', 'preferred_username', 'groups'],
  },
  conformIdTokenClaims: place !== 'id_token',
  findAccount: (_, id) => (person(id) ? { accountId: id, claims: () => ({ sub: id, ...person(id) }) } : undefined),
  // nobody is asked what the client may know; how strongly somebody signed on is said of the person
  async loadExistingGrant(ctx) {
    ctx.oidc.session.acr = person(ctx.oidc.session.accountId).acr;
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope([...ctx.oidc.requestParamScopes].join(' '));
    await grant.save();
    return grant;
  },
});
// what reached it, for the test to look at
provider.on('authorization.accepted', ({ oidc: { params } }) => {
  const { state, nonce, code_challenge_method: pkce, acr_values: acr } = params;
  console.log(JSON.stringify({ state: Boolean(state), nonce: Boolean(nonce), pkce, acr }));
});
provider.on('end_session.success', () => console.log(JSON.stringify({ ended: true })));
provider.on('grant.error', (_, error) => console.log(JSON.stringify({ error: error.message, why: error.error_detail })));
provider.listen(Number(port), 'localhost', () => console.log(JSON.stringify({ listening: true })));
