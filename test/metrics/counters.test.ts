import t from 'tap'
import { ServerGauges, addCounters, createCounters } from '../../lib/metrics/counters.ts'

t.test('counters begin at zero and add up, field by field', async (t) => {
  const total = createCounters()
  t.ok(Object.values(total).every((value) => value === 0))
  const counters = createCounters()
  Object.keys(counters).forEach((field, index) => { counters[field as keyof typeof counters] = index + 1 })
  addCounters(total, counters)
  t.same(total, counters)
  addCounters(total, counters)
  t.same(Object.values(total), Object.values(counters).map((value) => value * 2))
})

t.test('gauges follow handshakes and connections', async (t) => {
  const gauges = new ServerGauges()
  gauges.handshakeStarted()
  gauges.handshakeStarted()
  gauges.handshakeStarted()
  t.equal(gauges.handshakesInProgress, 3)
  gauges.handshakeCompleted()
  gauges.handshakeFailed()
  t.equal(gauges.handshakesInProgress, 1)

  gauges.connectionOpened('h2')
  gauges.connectionOpened('http/1.1')
  gauges.connectionOpened(null)
  gauges.connectionClosed('h2')
  t.equal(gauges.connections, 2)
  t.same([...gauges.connectionsByProtocol], [['h2', 0], ['http/1.1', 1], [null, 1]])
})
