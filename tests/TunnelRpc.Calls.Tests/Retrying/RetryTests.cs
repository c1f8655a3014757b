using Shouldly;
using TunnelRpc.Calls.Tests.Cancelling;
using TunnelRpc.Client;
using TunnelRpc.Client.Retries;
using TunnelRpc.Testing.Hosting;
using TunnelRpc.Testing.Time;
using Xunit;

namespace TunnelRpc.Calls.Tests.Retrying;

/// <summary>Retries of the calls of an ended session on the next session, with the number of times each call ran.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);
    private static readonly TunnelException SessionEnded = new(TunnelStatus.Unavailable, "The test has ended the session.");

    private readonly Work _work = new();
    private TunnelTestHost _host = null!;
    private BlockableTransport _transport = null!;
    private GatedDial? _gate;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Unsent_calls_of_every_shape_run_once_on_the_next_session()
    {
        await StartAsync();
        IWork work = _host.Get<IWork>();
        string? session = _host.Client.SessionId;
        Task<int> first = await HoldAsync(work);
        Task<int> add = work.AddAsync(1).AsTask();
        Task addVoid = work.AddVoidAsync(2).AsTask();
        Task<List<int>> count = ListAsync(work.CountAsync(4));
        Task<List<int>> list = ListAsync(work.ListAsync(5));

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        (await add.WaitAsync(HangTimeout)).ShouldBe(1);
        await addVoid.WaitAsync(HangTimeout);
        (await count.WaitAsync(HangTimeout)).ShouldBe([4, 5]);
        (await list.WaitAsync(HangTimeout)).ShouldBe([5, 6]);
        TunnelException unknown = await Should.ThrowAsync<TunnelException>(() => first.WaitAsync(HangTimeout));
        (unknown.Status, unknown.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.Unknown));
        _host.Client.SessionId.ShouldNotBe(session);
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(1, 1), new(2, 1), new(4, 1), new(5, 1)], Comparer);
    }

    [Fact]
    public async Task Calls_made_while_the_session_closes_run_once_on_the_next_session()
    {
        await StartAsync();
        IWork work = _host.Get<IWork>();
        TunnelPeer peer = _host.Client.CurrentPeer!;
        IAsyncEnumerable<int> made = work.CountAsync(4);
        Task closing = peer.CloseAsync(TunnelStatus.Unavailable, "going");

        await work.NoteAsync(3).AsTask().WaitAsync(HangTimeout);
        (await ListAsync(made).WaitAsync(HangTimeout)).ShouldBe([4, 5]);
        (await work.SumAsync(6, Items()).WaitAsync(HangTimeout)).ShouldBe(6);
        (await ListAsync(work.EchoAsync(7, Items())).WaitAsync(HangTimeout)).ShouldBe([1, 2, 3]);
        (await ListAsync(made).WaitAsync(HangTimeout)).ShouldBe([4, 5]);

        await closing.WaitAsync(HangTimeout);
        using var guard = new CancellationTokenSource(HangTimeout);
        while (!_work.Runs.ContainsKey(3))
        {
            // A one-way call completes before it runs.
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(3, 1), new(4, 2), new(6, 1), new(7, 1)], Comparer);
    }

    [Fact]
    public async Task Client_streaming_calls_that_wait_for_a_permit_are_retried_with_unread_input()
    {
        await StartAsync(server: o => o.Limits.MaxConcurrentCalls = 1);
        IWork work = _host.Get<IWork>();
        using var running = new BlockedCall(_work, 9);
        Task<int> held = work.AddAsync(9).AsTask();
        await running.Reached.WaitAsync(HangTimeout);
        Task<int> sum = work.SumAsync(1, Items());
        Task<List<int>> echo = ListAsync(work.EchoAsync(2, Items()));

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        (await sum.WaitAsync(HangTimeout)).ShouldBe(6);
        (await echo.WaitAsync(HangTimeout)).ShouldBe([1, 2, 3]);
        (await Should.ThrowAsync<TunnelException>(() => held.WaitAsync(HangTimeout))).Outcome.ShouldBe(TunnelCallOutcome.Unknown);
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(1, 1), new(2, 1), new(9, 1)], Comparer);
    }

    [Fact]
    public async Task Calls_with_outcome_unknown_are_retried_only_if_idempotent()
    {
        await StartAsync();
        IWork work = _host.Get<IWork>();
        using var find = new BlockedCall(_work, 1);
        Task<int> found = work.FindAsync(1).AsTask();
        await find.Reached.WaitAsync(HangTimeout);
        using var list = new BlockedCall(_work, 2);
        Task<List<int>> listed = ListAsync(work.ListAsync(2));
        await list.Reached.WaitAsync(HangTimeout);
        using var add = new BlockedCall(_work, 3);
        Task<int> added = work.AddAsync(3).AsTask();
        await add.Reached.WaitAsync(HangTimeout);
        _work.OnRun = _ => Task.CompletedTask;

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        (await found.WaitAsync(HangTimeout)).ShouldBe(1);
        (await listed.WaitAsync(HangTimeout)).ShouldBe([2, 3]);
        (await Should.ThrowAsync<TunnelException>(() => added.WaitAsync(HangTimeout))).Outcome.ShouldBe(TunnelCallOutcome.Unknown);
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(1, 2), new(2, 2), new(3, 1)], Comparer);
    }

    [Fact]
    public async Task Stream_with_a_delivered_item_and_client_stream_with_started_input_are_not_retried()
    {
        await StartAsync();
        IWork work = _host.Get<IWork>();
        using var meeting = new BlockedCall(_work, 1);
        await using IAsyncEnumerator<int> count = work.CountAsync(1).GetAsyncEnumerator();
        (await count.MoveNextAsync().AsTask().WaitAsync(HangTimeout)).ShouldBeTrue();
        await HoldAsync(work, 8);
        var input = new CountedInput();
        Task<int> sum = work.SumAsync(2, input);
        await input.Begun.WaitAsync(HangTimeout);

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        await Should.ThrowAsync<TunnelException>(() => count.MoveNextAsync().AsTask().WaitAsync(HangTimeout));
        TunnelException error = await Should.ThrowAsync<TunnelException>(() => sum.WaitAsync(HangTimeout));
        error.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        input.Enumerations.ShouldBe(1);
        _work.Runs.ContainsKey(2).ShouldBeFalse();
    }

    [Fact]
    public async Task Calls_with_a_reply_and_calls_with_retries_disabled_are_not_retried()
    {
        await StartAsync(client: o => o.RetryInterruptedCalls = false);
        IWork work = _host.Get<IWork>();
        _work.OnRun = number => number == 1 ? throw new TunnelException(TunnelStatus.Unavailable, "thrown") : Task.CompletedTask;
        TunnelException answered = await Should.ThrowAsync<TunnelException>(() => work.FindAsync(1).AsTask().WaitAsync(HangTimeout));
        await HoldAsync(work);
        Task<int> add = work.AddAsync(2).AsTask();

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        TunnelException notSent = await Should.ThrowAsync<TunnelException>(() => add.WaitAsync(HangTimeout));
        answered.Outcome.ShouldBe(TunnelCallOutcome.Completed);
        notSent.Outcome.ShouldBe(TunnelCallOutcome.NotSent);
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(1, 1)], Comparer);
    }

    [Fact]
    public async Task Idempotent_call_that_the_service_fails_with_Unavailable_is_not_retried()
    {
        await StartAsync();
        _work.OnRun = _ => throw new TunnelException(TunnelStatus.Unavailable, "thrown");

        TunnelException answered =
            await Should.ThrowAsync<TunnelException>(() => _host.Get<IWork>().FindAsync(1).AsTask().WaitAsync(HangTimeout));

        answered.Message.ShouldBe("thrown");
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(1, 1)], Comparer);
    }

    [Fact]
    public async Task Call_fails_when_its_sessions_end_more_often_than_the_retry_limit()
    {
        await StartAsync();
        _work.OnRun = _ =>
        {
            _host.Client.CurrentPeer!.Session.End(SessionEnded);
            return Task.CompletedTask;
        };

        TunnelException error =
            await Should.ThrowAsync<TunnelException>(() => _host.Get<IWork>().FindAsync(1).AsTask().WaitAsync(HangTimeout));

        (error.Status, error.Outcome).ShouldBe((TunnelStatus.Unavailable, TunnelCallOutcome.Unknown));
        _work.Runs[1].ShouldBe(1 + RetryState.MaxRetries);
    }

    [Fact]
    public async Task All_attempts_of_a_call_share_one_deadline()
    {
        var time = new FakeTimeProvider();
        await StartAsync(time: time);
        TimeSpan? left = null;
        IWork work = _host.Get<IWork>().With(timeout: TimeSpan.FromSeconds(10));
        await HoldAsync(_host.Get<IWork>());
        _work.OnRun = _ =>
        {
            left = TunnelCallContext.Current!.RemainingTime;
            return Task.CompletedTask;
        };
        Task<int> add = work.AddAsync(1).AsTask();
        _gate!.Close();

        _host.Client.CurrentPeer!.Session.End(SessionEnded);
        await _gate.Reached.WaitAsync(HangTimeout);
        time.Advance(TimeSpan.FromSeconds(4));
        _gate.Open();

        (await add.WaitAsync(HangTimeout)).ShouldBe(1);
        left.ShouldBe(TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Deadline_or_cancellation_ends_the_wait_for_the_next_session()
    {
        var time = new FakeTimeProvider();
        await StartAsync(time: time);
        using var cancellation = new CancellationTokenSource();
        await HoldAsync(_host.Get<IWork>());
        Task<int> late = _host.Get<IWork>().With(timeout: TimeSpan.FromSeconds(10)).AddAsync(1).AsTask();
        Task<int> cancelled = _host.Get<IWork>().AddAsync(2, cancellation.Token).AsTask();
        Task<List<int>> cancelledStream = ListAsync(_host.Get<IWork>().CountAsync(3, cancellation.Token));
        _gate!.Close();

        _host.Client.CurrentPeer!.Session.End(SessionEnded);
        await _gate.Reached.WaitAsync(HangTimeout);
        time.Advance(TimeSpan.FromSeconds(10));
        await cancellation.CancelAsync();

        TunnelException error = await Should.ThrowAsync<TunnelException>(() => late.WaitAsync(HangTimeout));
        (error.Status, error.Outcome).ShouldBe((TunnelStatus.DeadlineExceeded, TunnelCallOutcome.NotSent));
        (await Should.ThrowAsync<OperationCanceledException>(() => cancelled.WaitAsync(HangTimeout))).CancellationToken.ShouldBe(
            cancellation.Token);
        (await Should.ThrowAsync<OperationCanceledException>(() => cancelledStream.WaitAsync(HangTimeout))).CancellationToken.ShouldBe(
            cancellation.Token);
        _gate.Open();
        _work.Runs.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ordered_calls_are_retried_only_if_they_cannot_overtake_each_other()
    {
        await StartAsync();
        IOrderedWork ordered = _host.Get<IOrderedWork>();
        await HoldAsync(_host.Get<IWork>());
        Task<int> first = ordered.AddAsync(1).AsTask();
        Task<int> second = ordered.AddAsync(2).AsTask();
        _host.Client.CurrentPeer!.Session.End(SessionEnded);
        await Should.ThrowAsync<TunnelException>(() => first.WaitAsync(HangTimeout));
        await Should.ThrowAsync<TunnelException>(() => second.WaitAsync(HangTimeout));
        await HoldAsync(_host.Get<IWork>(), 8, reconnect: true);
        Task<int> alone = ordered.AddAsync(3).AsTask();

        _host.Client.CurrentPeer!.Session.End(SessionEnded);

        (await alone.WaitAsync(HangTimeout)).ShouldBe(3);
        _work.Runs.OrderBy(r => r.Key).ShouldBe([new(3, 1)], Comparer);
    }

    private static readonly IEqualityComparer<KeyValuePair<int, int>> Comparer = EqualityComparer<KeyValuePair<int, int>>.Default;

    private async Task StartAsync(
        Action<TunnelServerOptions>? server = null, Action<TunnelClientOptions>? client = null, FakeTimeProvider? time = null)
    {
        _host = await TunnelTestHost.StartAsync(
            builder => builder.AddService<IWork>(_work).AddService<IOrderedWork>(_work),
            o =>
            {
                o.TimeProvider = time ?? TimeProvider.System;
                o.ConfigureServer = server;
                o.ConfigureClient = options =>
                {
                    _gate = new GatedDial(options.Transports.Single());
                    _transport = new BlockableTransport(_gate);
                    options.Transports.Clear();
                    options.Transports.Add(_transport);
                    if (time is not null)
                    {
                        // The fake clock can advance far while a real connection attempt is still running.
                        options.AttemptTimeout = TimeSpan.FromHours(10);
                    }

                    client?.Invoke(options);
                };
            });
    }

    /// <summary>Blocks the writes of the client and makes a call whose write is blocked, so that later calls are not sent.</summary>
    private async Task<Task<int>> HoldAsync(IWork work, int number = 0, bool reconnect = false)
    {
        if (reconnect)
        {
            await _host.Client.ConnectAsync().WaitAsync(HangTimeout);
        }

        _transport.Path.Block(incoming: false);
        Task<int> first = work.AddAsync(number).AsTask();
        await _transport.Path.WriteBlocked.WaitAsync(HangTimeout);
        return first;
    }

    private static async IAsyncEnumerable<int> Items()
    {
        for (int i = 1; i <= 3; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private static async Task<List<int>> ListAsync(IAsyncEnumerable<int> items)
    {
        var all = new List<int>();
        await foreach (int item in items)
        {
            all.Add(item);
        }

        return all;
    }
}
