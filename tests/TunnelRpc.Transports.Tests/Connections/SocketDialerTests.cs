using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Accounting;
using TunnelRpc.Transports.Connections;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Transports.Tests.Connections;

/// <summary>The race of addresses, with a fake clock and fake connects.</summary>
public sealed class SocketDialerTests : IDisposable
{
    private const string Host = "server.test";
    private static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(30);
    private static readonly IPAddress A = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress B = IPAddress.Parse("192.0.2.2");
    private static readonly IPAddress C = IPAddress.Parse("192.0.2.3");
    private static readonly IPAddress SixA = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress SixB = IPAddress.Parse("2001:db8::2");

    private readonly FakeTimeProvider _time = new();
    private readonly AddressHistory _history;
    private readonly Channel<FakeConnect> _connects = Channel.CreateUnbounded<FakeConnect>();
    private readonly CancellationTokenSource _cancellation = new();

    public SocketDialerTests() => _history = new AddressHistory(_time);

    public void Dispose() => _cancellation.Dispose();

    [Fact]
    public async Task Addresses_are_tried_250_ms_apart_and_alternate_between_the_families()
    {
        Task<Socket> dial = Dial(SixA, SixB, A, B);
        List<FakeConnect> connects = [await NextAsync()];
        for (int i = 1; i < 4; i++)
        {
            await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
            _time.Advance(SocketDialer.AttemptDelay - TimeSpan.FromMilliseconds(1));
            _connects.Reader.TryPeek(out _).ShouldBeFalse();
            _time.Advance(TimeSpan.FromMilliseconds(1));
            connects.Add(await NextAsync());
        }

        connects.Select(c => c.Target.Address).ShouldBe([SixA, A, SixB, B]);
        connects.ShouldAllBe(c => c.Target.Port == 443);
        using Socket won = connects[3].Succeed();
        (await dial.WaitAsync(HangTimeout)).ShouldBe(won);
        connects.Take(3).ShouldAllBe(c => c.IsCancelled);
        await ShouldHaveNoTimersAsync();
    }

    [Fact]
    public async Task Failure_starts_the_next_address_without_a_delay()
    {
        Task<Socket> dial = Dial(A, B, C);

        (await NextAsync()).Fail(SocketError.ConnectionRefused);
        (await NextAsync()).Fail(SocketError.NetworkUnreachable);
        using Socket won = (await NextAsync()).Succeed();

        (await dial.WaitAsync(HangTimeout)).ShouldBe(won);
        await ShouldHaveNoTimersAsync();
    }

    [Fact]
    public async Task Address_that_refused_is_tried_again_while_another_one_does_not_reply()
    {
        DialRecord record = _history.BeginAttempt();
        Task<Socket> dial = Dial(record, A, B);
        (await NextAsync()).Fail(SocketError.ConnectionRefused);
        FakeConnect silent = await NextAsync();
        silent.Target.Address.ShouldBe(B);
        for (int i = 0; i < 2; i++)
        {
            TimeSpan delay = SocketDialer.RetryDelay * (1 << i);
            await _time.WhenTimerDueAsync(delay).WaitAsync(HangTimeout);
            _time.Advance(delay - TimeSpan.FromMilliseconds(1));
            _connects.Reader.TryPeek(out _).ShouldBeFalse();
            _time.Advance(TimeSpan.FromMilliseconds(1));
            FakeConnect again = await NextAsync();
            again.Target.Address.ShouldBe(A);
            if (i == 0)
            {
                again.Fail(SocketError.ConnectionRefused);
            }
            else
            {
                again.Succeed().Dispose();
            }
        }

        await dial.WaitAsync(HangTimeout);
        silent.IsCancelled.ShouldBeTrue();
        await ShouldHaveNoTimersAsync();
        record.Close(hasTimedOut: false).Select(a => (a.Address.Address, a.Outcome)).ShouldBe(
            [(A, AddressOutcome.Refused), (B, AddressOutcome.Abandoned), (A, AddressOutcome.Connected)]);
    }

    [Fact]
    public async Task Earlier_address_that_connects_late_still_wins()
    {
        Task<Socket> dial = Dial(A, B);
        FakeConnect slow = await NextAsync();
        await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
        _time.Advance(SocketDialer.AttemptDelay);
        FakeConnect second = await NextAsync();

        using Socket won = slow.Succeed();

        (await dial.WaitAsync(HangTimeout)).ShouldBe(won);
        second.IsCancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task Loser_that_connects_at_the_same_time_is_disposed()
    {
        Task<Socket> dial = Dial(A, B);
        FakeConnect first = await NextAsync();
        await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
        _time.Advance(SocketDialer.AttemptDelay);
        FakeConnect second = await NextAsync();
        second.IgnoresCancellation = true;

        using Socket won = first.Succeed();
        await second.WhenCancelled.WaitAsync(HangTimeout);
        Socket lost = second.Succeed();

        (await dial.WaitAsync(HangTimeout)).ShouldBe(won);
        IsDisposed(lost).ShouldBeTrue();
        IsDisposed(won).ShouldBeFalse();
    }

    [Fact]
    public async Task Cancelled_dial_cancels_every_connect_and_disposes_a_socket_that_connects_late()
    {
        Task<Socket> dial = Dial(A, B);
        FakeConnect first = await NextAsync();
        await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
        _time.Advance(SocketDialer.AttemptDelay);
        FakeConnect second = await NextAsync();
        second.IgnoresCancellation = true;

        await _cancellation.CancelAsync();
        await second.WhenCancelled.WaitAsync(HangTimeout);
        Socket late = second.Succeed();

        await Should.ThrowAsync<OperationCanceledException>(() => dial.WaitAsync(HangTimeout));
        first.IsCancelled.ShouldBeTrue();
        IsDisposed(late).ShouldBeTrue();
        await ShouldHaveNoTimersAsync();
    }

    [Fact]
    public async Task Failure_of_all_addresses_names_each_with_its_result()
    {
        Task<Socket> dial = Dial(A, SixA, B, C);

        (await NextAsync()).Fail(SocketError.ConnectionRefused);
        (await NextAsync()).Fail(SocketError.NetworkUnreachable);
        (await NextAsync()).Fail(SocketError.TimedOut);
        (await NextAsync()).Fail(SocketError.AccessDenied);

        ConnectFailedException error = await Should.ThrowAsync<ConnectFailedException>(() => dial.WaitAsync(HangTimeout));
        error.Message.ShouldContain("192.0.2.1:443 refused the connection after 0 ms");
        error.Message.ShouldContain("[2001:db8::1]:443 is unreachable after 0 ms");
        error.Message.ShouldContain("192.0.2.2:443 did not respond after 0 ms");
        error.Message.ShouldContain("192.0.2.3:443 failed (");
        error.InnerException.ShouldBeOfType<SocketException>();
    }

    [Fact]
    public async Task Address_that_connected_last_is_tried_first_and_those_that_failed_last()
    {
        Task<Socket> dial = Dial(A, B, C);
        (await NextAsync()).Fail(SocketError.ConnectionRefused);
        FakeConnect silent = await NextAsync();
        silent.Target.Address.ShouldBe(B);
        await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
        _time.Advance(SocketDialer.AttemptDelay);
        (await NextAsync()).Succeed().Dispose();
        await dial.WaitAsync(HangTimeout);

        _history.Order(Host, [A, B, C], null).ShouldBe([C, A, B]);
        _history.Order("other.test", [A, B, C], null).ShouldBe([A, B, C]);
        _time.Advance(AddressHistory.PreferenceLifetime);
        _history.Order(Host, [A, B, C], null).ShouldBe([A, B, C]);
    }

    [Fact]
    public async Task Exchanges_of_one_attempt_use_the_same_address()
    {
        DialRecord record = _history.BeginAttempt();
        record.NoteConnected(Host, B);
        _history.RecordConnected(Host, C);

        Task<Socket> dial = Dial(record, A, B, C);

        FakeConnect first = await NextAsync();
        first.Target.Address.ShouldBe(B);
        first.Succeed().Dispose();
        await dial.WaitAsync(HangTimeout);
    }

    [Fact]
    public void Address_at_which_another_attempt_waits_for_a_response_is_tried_last()
    {
        DialRecord waiting = _history.BeginAttempt();
        waiting.NoteConnected(Host, A);
        _history.RecordConnected(Host, A);
        _history.Order(Host, [A, B], null).ShouldBe([A, B]);

        _time.Advance(AddressHistory.SilenceThreshold);

        _history.Order(Host, [A, B], null).ShouldBe([B, A]);
        _history.Order(Host, [A, B], waiting).ShouldBe([A, B]);
        waiting.NoteStage(DialStage.Responded);
        _history.Order(Host, [A, B], null).ShouldBe([A, B]);
    }

    [Fact]
    public void Address_without_a_response_is_tried_last_until_it_responds()
    {
        DialRecord attempt = _history.BeginAttempt();
        attempt.NoteConnected(Host, A);
        _history.EndAttempt(attempt, hasFailed: true, isPermanent: false);
        _history.Order(Host, [A, B], null).ShouldBe([B, A]);

        _history.RecordResponse(Host, A);
        _history.Order(Host, [B, A], null).ShouldBe([A, B]);

        // It responds, so that a failure which is the transport's does not count.
        DialRecord other = _history.BeginAttempt();
        other.NoteConnected(Host, A);
        _history.EndAttempt(other, hasFailed: true, isPermanent: true);
        _history.Order(Host, [B, A], null).ShouldBe([A, B]);
    }

    [Fact]
    public async Task Record_lists_every_address_once_with_its_result()
    {
        DialRecord record = _history.BeginAttempt();
        Task<Socket> dial = Dial(record, A, B, C);
        await NextAsync();
        await _time.WhenTimerDueAsync(SocketDialer.AttemptDelay).WaitAsync(HangTimeout);
        _time.Advance(SocketDialer.AttemptDelay);
        (await NextAsync()).Fail(SocketError.ConnectionRefused);
        (await NextAsync()).Succeed().Dispose();
        await dial.WaitAsync(HangTimeout);
        dial = Dial(record, A, B, C);
        (await NextAsync()).Succeed().Dispose();
        await dial.WaitAsync(HangTimeout);

        record.Stage.ShouldBe(DialStage.Connected);
        record.Close(hasTimedOut: false).Select(a => (a.Address.Address, a.Outcome, a.Elapsed)).ShouldBe(
        [
            (A, AddressOutcome.Abandoned, SocketDialer.AttemptDelay),
            (B, AddressOutcome.Refused, TimeSpan.Zero),
            (C, AddressOutcome.Connected, TimeSpan.Zero),
        ]);
    }

    [Fact]
    public async Task Addresses_without_a_result_have_timed_out_when_the_attempt_has()
    {
        DialRecord record = _history.BeginAttempt();
        Task<Socket> dial = Dial(record, A);
        await NextAsync();
        _time.Advance(TimeSpan.FromSeconds(10));

        AddressAttempt attempt = record.Close(hasTimedOut: true).ShouldHaveSingleItem();

        attempt.ShouldBe(new AddressAttempt(new IPEndPoint(A, 443), AddressOutcome.TimedOut, TimeSpan.FromSeconds(10)));
        record.Stage.ShouldBe(DialStage.Connecting);
        await _cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => dial.WaitAsync(HangTimeout));
    }

    [Fact]
    public async Task Resolver_is_not_asked_for_an_IP_address()
    {
        SocketDialer dialer = CreateDialer(null, (_, _) => throw new InvalidOperationException("not a name"));

        Task<Socket> dial = dialer.ConnectAsync("2001:db8::1", 443, _cancellation.Token).AsTask();

        FakeConnect connect = await NextAsync();
        connect.Target.Address.ShouldBe(SixA);
        connect.Succeed().Dispose();
        await dial.WaitAsync(HangTimeout);
    }

    [Fact]
    public async Task Resolver_that_throws_or_returns_nothing_fails_the_dial_with_its_reason()
    {
        SocketDialer throwing = CreateDialer(null, (_, _) => throw new InvalidOperationException("zone expired."));
        (await Should.ThrowAsync<ConnectFailedException>(() => throwing.ConnectAsync(Host, 443, CancellationToken.None).AsTask()))
            .Message.ShouldBe("the name server.test could not be resolved: HostResolver failed: zone expired");

        SocketDialer empty = CreateDialer(null, (_, _) => ValueTask.FromResult<IReadOnlyList<IPAddress>>([]));
        (await Should.ThrowAsync<ConnectFailedException>(() => empty.ConnectAsync(Host, 443, CancellationToken.None).AsTask()))
            .Message.ShouldBe("the name server.test has no address: HostResolver returned none");
    }

    [Fact]
    public async Task At_most_64_addresses_are_tried()
    {
        IPAddress[] many = [.. Enumerable.Range(1, 100).Select(i => IPAddress.Parse($"192.0.2.{i}"))];
        Task<Socket> dial = Dial(many);
        for (int i = 0; i < SocketDialer.MaxAddresses; i++)
        {
            (await NextAsync()).Fail(SocketError.ConnectionRefused);
        }

        await Should.ThrowAsync<ConnectFailedException>(() => dial.WaitAsync(HangTimeout));
        _connects.Reader.TryPeek(out _).ShouldBeFalse();
    }

    private static bool IsDisposed(Socket socket) => socket.SafeHandle.IsClosed;

    // The dial completes inside its last wait, whose timer is disposed afterwards.
    private Task ShouldHaveNoTimersAsync() => Eventually.TrueAsync(() => _time.ActiveTimers == 0);

    private async Task<FakeConnect> NextAsync() => await _connects.Reader.ReadAsync().AsTask().WaitAsync(HangTimeout);

    private Task<Socket> Dial(params IPAddress[] addresses) => Dial(null, addresses);

    private Task<Socket> Dial(DialRecord? record, params IPAddress[] addresses) =>
        CreateDialer(record, (_, _) => ValueTask.FromResult<IReadOnlyList<IPAddress>>(addresses))
            .ConnectAsync(Host, 443, _cancellation.Token).AsTask();

    private SocketDialer CreateDialer(DialRecord? record, Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>> resolver)
    {
        TunnelEndpoint endpoint = new(new Uri("https://server.test/tunnel"))
        {
            TimeProvider = _time,
            HostResolver = resolver,
            AddressHistory = _history,
            DialRecord = record,
        };
        return new SocketDialer(endpoint, (target, cancellationToken) =>
        {
            FakeConnect connect = new(target, cancellationToken);
            _connects.Writer.TryWrite(connect);
            return new ValueTask<Socket>(connect.Task);
        });
    }

    /// <summary>A connect whose result the test determines.</summary>
    private sealed class FakeConnect
    {
        private readonly TaskCompletionSource<Socket> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FakeConnect(IPEndPoint target, CancellationToken cancellationToken)
        {
            Target = target;
            cancellationToken.Register(() =>
            {
                _cancelled.TrySetResult();
                if (!IgnoresCancellation)
                {
                    _result.TrySetCanceled(cancellationToken);
                }
            });
        }

        public IPEndPoint Target { get; }

        public Task<Socket> Task => _result.Task;

        public bool IgnoresCancellation { get; set; }

        public Task WhenCancelled => _cancelled.Task;

        public bool IsCancelled => _cancelled.Task.IsCompleted;

        public void Fail(SocketError error) => _result.SetException(new SocketException((int)error));

        public Socket Succeed()
        {
            Socket socket = new(Target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _result.SetResult(socket);
            return socket;
        }
    }
}
