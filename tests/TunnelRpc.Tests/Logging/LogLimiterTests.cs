using Microsoft.Extensions.Logging;
using TunnelRpc.Logging;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Tests.Logging;

public sealed class LogLimiterTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingLoggerFactory _log = new();
    private readonly LogLimiter _limiter;
    private readonly GuardedLogger _logger;

    public LogLimiterTests()
    {
        _limiter = new LogLimiter(_clock);
        _logger = new GuardedLogger(_log, _limiter);
    }

    public void Dispose()
    {
        _limiter.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void Entries_of_many_peers_are_limited_in_total_and_one_entry_counts_the_others()
    {
        for (int peer = 0; peer < 3_000; peer++)
        {
            Log(_logger.ForPeer($"10.0.{peer / 256}.{peer % 256}:99"), "a");
        }

        _log.Lines.Count.ShouldBe(LogLimiter.MaxEntriesPerCause);
        _clock.Advance(LogLimiter.Interval);
        _log.Lines.Count.ShouldBe(LogLimiter.MaxEntriesPerCause + 1);
        _log.Lines.Last().ShouldContain("2000 further log entries a were suppressed; most of them were caused by all peers");
    }

    [Fact]
    public void Entries_of_one_peer_leave_those_of_other_peers_and_causes()
    {
        for (int i = 0; i < 500; i++)
        {
            Log(_logger.ForPeer($"10.0.0.1:{i + 1}"), "a");
        }

        Log(_logger.ForPeer("10.0.0.2:1"), "a");
        Log(_logger.ForPeer("10.0.0.1:1"), "b");

        _log.Lines.Count.ShouldBe(LogLimiter.MaxEntriesPerPeer + 2);
        _limiter.Dispose();
        _log.Lines.Last().ShouldContain("400 further log entries a were suppressed; most of them were caused by 10.0.0.1.");
    }

    [Fact]
    public void Addresses_of_one_IPv6_site_are_one_peer()
    {
        for (int i = 0; i < 500; i++)
        {
            Log(_logger.ForPeer($"[2001:db8:1:2::{i + 1:x}]:5000"), "a");
        }

        _log.Lines.Count.ShouldBe(LogLimiter.MaxEntriesPerPeer);
    }

    [Fact]
    public void Interval_in_which_nothing_is_suppressed_logs_nothing_and_has_no_timer()
    {
        for (int interval = 0; interval < 5; interval++)
        {
            for (int i = 0; i < LogLimiter.MaxEntriesPerPeer; i++)
            {
                Log(_logger.ForPeer("10.0.0.1:1"), "a");
            }

            _clock.ActiveTimers.ShouldBe(0);
            _clock.Advance(LogLimiter.Interval);
        }

        _log.Lines.Count.ShouldBe(5 * LogLimiter.MaxEntriesPerPeer);
    }

    private static void Log(GuardedLogger logger, string cause) =>
        logger.Log(LogLevel.Warning, new EventId(1, cause), "text", null, (state, _) => state);
}
