# The work of bench/cases over Ruby's DRb: a forked server, a Unix socket.
#
# Prints what bench/floor does: -, row, unit, p99, samples. Argument: seconds of one repeat.

require 'drb/drb'
require 'drb/unix'
require 'tmpdir'

SECONDS = (ARGV[0] || 0.15).to_f
REPEATS = 5

class Thing
  include DRb::DRbUndumped
  attr_accessor :value

  def initialize
    @value = 1
  end

  def noop; end

  def add(a, b)
    a + b
  end
end

class Numbers
  include DRb::DRbUndumped

  def each
    1.upto(500) { |i| yield i }
  end
end

class Service
  def initialize
    @thing = Thing.new
  end

  attr_reader :thing

  def noop; end

  def add(a, b)
    a + b
  end

  def echo(value)
    value
  end

  def make
    @last = Thing.new
  end

  def numbers
    @numbers ||= Numbers.new
  end

  def call(callback, count)
    count.times { |i| callback.call(i) }
  end
end

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def timed(count)
  start = now
  count.times { yield }
  now - start
end

def line(name, unit, p99, samples)
  puts ['-', name, unit, p99, samples.map { |s| format('%.4f', s) }.join(',')].join("\t")
  $stdout.flush
end

def measure(name, per = 1, &work)
  count = 1
  count *= 2 while (took = timed(count, &work)) < SECONDS / 4
  count = [(count * SECONDS / took).to_i, 1].max
  samples = Array.new(REPEATS) { timed(count, &work) * 1e6 / count / per }
  single = Array.new([2000, count * REPEATS].min) { timed(1, &work) * 1e6 / per }.sort
  p99 = single.size >= 100 ? format('%.4f', single[(single.size - 1) * 99 / 100]) : '-'
  line(name, 'µs', p99, samples)
end

Dir.mktmpdir do |directory|
  uri = "drbunix:#{directory}/server"
  reader, writer = IO.pipe
  child = fork do
    DRb.start_service(uri, Service.new)
    writer.puts 'ready'
    DRb.thread.join
  end
  reader.gets
  DRb.start_service("drbunix:#{directory}/client")
  service = DRbObject.new_with_uri(uri)
  thing = service.thing
  measure('null-call') { service.noop }
  measure('two-integers') { service.add(1, 2) }
  measure('method') { thing.add(1, 2) }
  measure('property-read') { thing.value }
  measure('property-write') { thing.value = 2 }
  text = 'x' * 1024
  measure('echo-1k') { service.echo(text) }
  measure('object') { service.make }
  numbers = service.numbers
  measure('pairs', 500) { numbers.each { |i| i } }
  burst = 200
  callback = proc { |i| i }
  callback.extend(DRb::DRbUndumped)
  samples = Array.new(REPEATS) { burst / timed(1) { service.call(callback, burst) } }
  line('callbacks', '/s', '-', samples)
  DRb.stop_service
  Process.kill('KILL', child)
  Process.wait(child)
end
