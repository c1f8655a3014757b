using Microsoft.Extensions.Logging;
using Shouldly;
using TunnelRpc.Filters;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Testing.Time;
using Xunit;

namespace TunnelRpc.Calls.Tests.Filters;

/// <summary>The filters of the framework: retry, timeout and logging.</summary>
public sealed class BuiltInFilterTests
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    // The clock of sessions and calls. Acknowledgements have timers on it too.
    private readonly FakeTimeProvider _time = new();

    // The clock of the retry filter only, so that every timer on it is a retry delay.
    private readonly FakeTimeProvider _retries = new();

    [Theory]
    [InlineData(TunnelStatus.Unavailable), InlineData(TunnelStatus.ResourceExhausted), InlineData(TunnelStatus.Aborted)]
    public async Task Idempotent_call_that_fails_twice_is_retried_twice_with_doubled_delays(TunnelStatus status)
    {
        var service = new FilterService { Failure = status };
        await using TunnelTestHost host = await StartAsync(service, Retry());

        Task<int> call = host.Get<IFilterService>().FlakyAsync();
        foreach (int delay in (int[])[100, 200])
        {
            await _retries.WhenTimerDueAsync(TimeSpan.FromMilliseconds(delay)).WaitAsync(HangTimeout);
            int calls = service.Calls;
            _retries.Advance(TimeSpan.FromMilliseconds(delay - 1));
            service.Calls.ShouldBe(calls);
            _retries.Advance(TimeSpan.FromMilliseconds(1));
        }

        (await call.WaitAsync(HangTimeout)).ShouldBe(3);
    }

    [Fact]
    public async Task Retries_stop_at_the_maximum_and_the_last_failure_is_thrown()
    {
        var service = new FilterService { Failures = int.MaxValue };
        await using TunnelTestHost host = await StartAsync(service, new RetryFilter(new RetryFilterOptions
        {
            MaxRetries = 2,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromMilliseconds(150),
            TimeProvider = _retries,
        }));

        Task<int> call = host.Get<IFilterService>().FlakyAsync();
        for (int i = 0; i < 2; i++)
        {
            await _retries.WhenTimerDueAsync(TimeSpan.FromMilliseconds(150)).WaitAsync(HangTimeout);
            _retries.Advance(TimeSpan.FromMilliseconds(150));
        }

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.WaitAsync(HangTimeout));
        (error.Status, error.Message).ShouldBe((TunnelStatus.Unavailable, "failure 3"));
    }

    [Fact]
    public async Task Calls_that_are_not_idempotent_or_failed_permanently_are_not_retried()
    {
        var unavailable = new FilterService();
        var missing = new FilterService { Failure = TunnelStatus.NotFound };
        await using TunnelTestHost first = await StartAsync(unavailable, Retry());
        await using TunnelTestHost second = await StartAsync(missing, Retry());

        await Should.ThrowAsync<TunnelException>(() => first.Get<IFilterService>().FlakyOnceOnlyAsync().WaitAsync(HangTimeout));
        await Should.ThrowAsync<TunnelException>(() => second.Get<IFilterService>().FlakyAsync().WaitAsync(HangTimeout));

        (unavailable.Calls, missing.Calls).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Call_is_not_retried_when_its_deadline_is_before_the_next_attempt()
    {
        var service = new FilterService();
        await using TunnelTestHost host = await StartAsync(service, Retry());

        Task<int> call = host.Get<IFilterService>().With(timeout: TimeSpan.FromMilliseconds(250)).FlakyAsync();
        await _retries.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(HangTimeout);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        _retries.Advance(TimeSpan.FromMilliseconds(100));

        // 150 ms remain until the deadline; the next delay is 200 ms.
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => call.WaitAsync(HangTimeout));
        (error.Status, error.Message, service.Calls).ShouldBe((TunnelStatus.Unavailable, "failure 2", 2));
    }

    [Fact]
    public async Task Retry_with_jitter_waits_between_the_minimum_and_three_times_the_minimum()
    {
        var service = new FilterService { Failures = 1 };
        await using TunnelTestHost host = await StartAsync(
            service, new RetryFilter(new RetryFilterOptions { Delay = TimeSpan.FromMilliseconds(100), TimeProvider = _retries }));

        Task<int> call = host.Get<IFilterService>().FlakyAsync();
        await _retries.WhenTimerDueAsync(TimeSpan.FromMilliseconds(300)).WaitAsync(HangTimeout);
        _retries.Advance(TimeSpan.FromMilliseconds(99));
        service.Calls.ShouldBe(1);
        _retries.Advance(TimeSpan.FromMilliseconds(201));

        (await call.WaitAsync(HangTimeout)).ShouldBe(2);
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_before_a_retry()
    {
        using var cancellation = new CancellationTokenSource();
        var filter = new DelegateFilter((context, next) =>
        {
            context.CancellationToken = cancellation.Token;
            return next(context);
        });
        await using TunnelTestHost host =
            await TunnelTestHost.StartAsync<IFilterService>(
                new FilterService(), o => o.ConfigureClient = client => client.Filters.Add(filter).Add(Retry()));
        Task<int> call = host.Get<IFilterService>().FlakyAsync();
        await _retries.WhenTimerDueAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(HangTimeout);

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call.WaitAsync(HangTimeout));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(
            () => new RetryFilter(new RetryFilterOptions { MaxRetries = 0 })).Message.ShouldContain("from 1 to 100");
        Should.Throw<ArgumentOutOfRangeException>(
            () => new RetryFilter(new RetryFilterOptions { Delay = TimeSpan.Zero })).Message.ShouldContain("Delay must be");
        Should.Throw<ArgumentOutOfRangeException>(() => new TimeoutFilter(TimeSpan.FromDays(31))).Message.ShouldContain("at most 30 days");
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task TimeoutFilter_gives_a_deadline_to_calls_without_one(bool atServer)
    {
        var service = new FilterService();
        await using TunnelTestHost host = await StartAsync(service, new TimeoutFilter(TimeSpan.FromSeconds(20)), atServer);
        IFilterService stub = host.Get<IFilterService>();

        (await stub.RemainingAsync().WaitAsync(HangTimeout)).ShouldBe(20_000);
        (await stub.With(timeout: TimeSpan.FromSeconds(60)).RemainingAsync().WaitAsync(HangTimeout))
            .ShouldBe(60_000, "the filter must not replace the timeout of the caller");
        Task blocked = stub.BlockAsync();
        await service.Started.WaitAsync(HangTimeout);
        _time.Advance(TimeSpan.FromSeconds(20));

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => blocked.WaitAsync(HangTimeout));
        error.Status.ShouldBe(TunnelStatus.DeadlineExceeded);
    }

    [Fact]
    public async Task Server_filter_can_shorten_a_deadline_but_not_extend_it()
    {
        int seconds = 10;
        var filter = new DelegateFilter((context, next) =>
        {
            context.RemainingTime = TimeSpan.FromSeconds(seconds);
            return next(context);
        });
        await using TunnelTestHost host = await StartAsync(new FilterService(), filter, atServer: true);
        IFilterService stub = host.Get<IFilterService>().With(timeout: TimeSpan.FromSeconds(60));

        double? shortened = await stub.RemainingAsync().WaitAsync(HangTimeout);
        seconds = 100;
        double? unchanged = await stub.RemainingAsync().WaitAsync(HangTimeout);

        (shortened, unchanged).ShouldBe((10_000, 60_000));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task LoggingFilter_logs_each_call_with_status_and_duration(bool atServer)
    {
        using var log = new RecordingLoggerProvider();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(log));
        var service = new FilterService();
        var slow = new DelegateFilter(async (context, next) =>
        {
            await next(context);
            _time.Advance(TimeSpan.FromMilliseconds(250));
        });
        var logging = new LoggingFilter(loggers.CreateLogger<LoggingFilter>(), _time);
        await using TunnelTestHost host = await TunnelTestHost.StartAsync<IFilterService>(service, o =>
        {
            if (atServer)
            {
                o.ConfigureServer = server => server.Filters.Add(logging).Add(slow);
            }
            else
            {
                o.ConfigureClient = client => client.Filters.Add(logging).Add(slow);
            }
        });
        IFilterService stub = host.Get<IFilterService>();
        string prefix = (atServer ? "Incoming " : "Outgoing ") + typeof(IFilterService).FullName;

        await stub.JoinAsync("secret").WaitAsync(HangTimeout);
        await Should.ThrowAsync<TunnelException>(() => stub.FlakyAsync().WaitAsync(HangTimeout));
        await Should.ThrowAsync<TunnelException>(() => stub.BreakAsync().WaitAsync(HangTimeout));
        await foreach (int item in stub.CountAsync(3))
        {
        }

        await Should.ThrowAsync<TunnelException>(async () =>
        {
            await foreach (int item in stub.CountAsync(101))
            {
            }
        });
        await host.DisposeAsync();

        log.Lines.ShouldBe(
        [
            $"Information: {prefix}/JoinAsync ended with Ok after 250 ms.",
            $"Warning: {prefix}/FlakyAsync ended with Unavailable after 0 ms.",
            $"Warning: {prefix}/BreakAsync ended with Internal after 0 ms.",
            $"Information: {prefix}/CountAsync ended with Ok after 250 ms.",
            $"Warning: {prefix}/CountAsync ended with OutOfRange after 250 ms.",
        ]);
    }

    private RetryFilter Retry() =>
        new(new RetryFilterOptions { Delay = TimeSpan.FromMilliseconds(100), UseJitter = false, TimeProvider = _retries });

    private Task<TunnelTestHost> StartAsync(FilterService service, ITunnelFilter filter, bool atServer = false) =>
        TunnelTestHost.StartAsync<IFilterService>(service, o =>
    {
        o.TimeProvider = _time;
        o.ConfigureServer = server =>
        {
            server.KeepAliveInterval = TimeSpan.FromHours(1);
            if (atServer)
            {
                server.Filters.Add(filter);
            }
        };
        o.ConfigureClient = client =>
        {
            client.KeepAliveInterval = TimeSpan.FromHours(1);
            if (!atServer)
            {
                client.Filters.Add(filter);
            }
        };
    });
}
