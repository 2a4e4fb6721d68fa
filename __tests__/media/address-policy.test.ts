import { describe, expect, it } from 'vitest';
import { looksPublic, mayFetchFrom } from '../../src/media/address-policy.js';

describe('an address may be fetched from', () => {
  it.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '[2606:4700::1111]'])(
    '%s: always',
    (address) => {
      expect([mayFetchFrom(address, false), mayFetchFrom(address, true)]).toEqual([true, true]);
    },
  );

  it.each([
    '127.0.0.1',
    '127.8.8.8',
    '::1',
    '[::1]',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.254',
    'fc00::1',
    'fd12:3456::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
  ])('%s: only when private ones are allowed', (address) => {
    expect([mayFetchFrom(address, false), mayFetchFrom(address, true)]).toEqual([false, true]);
  });

  it.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.169.254',
    '168.63.129.16',
    '100.100.100.200',
    'fd00:ec2::254',
    'fd00:0ec2:0::0254',
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '224.0.0.1',
    '239.255.255.250',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '2001:db8::1',
    // IPv4 in other clothes: compatible, NAT64, 6to4, Teredo.
    '::7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    'fec0::1',
    'localhost',
    'example.com',
    '',
  ])('%s: never', (address) => {
    expect([mayFetchFrom(address, false), mayFetchFrom(address, true)]).toEqual([false, false]);
  });
});

describe('a host looks public', () => {
  it.each(['example.com', 'example.com.', 'a.b.example.org', 'localhost.example.com', '1.1.1.1', '[2606:4700::1111]'])(
    '%s: yes',
    (host) => {
      expect(looksPublic(host)).toBe(true);
    },
  );

  it.each([
    'localhost',
    'localhost.',
    'app.localhost',
    'nas',
    'nas.local',
    'nas.LAN',
    'router.home.arpa',
    'metadata.google.internal',
    '127.0.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '[::1]',
    '[::ffff:7f00:1]',
  ])('%s: no', (host) => {
    expect(looksPublic(host)).toBe(false);
  });
});
