using System.Buffers;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Dialing;

namespace TunnelRpc.Tests.Connecting;

public sealed class SpareConnectionTests
{
    private static readonly Uri Address = new("http://server.invalid/tunnel");

    private readonly FakeTimeProvider _time = new();
    private readonly SpareConnection _spare;

    public SpareConnectionTests() => _spare = new SpareConnection(_time);

    [Fact]
    public async Task Connection_is_taken_once()
    {
        var connection = new TestConnection();
        _spare.Put(Address, connection);

        _spare.TryTake(Address, "test").ShouldBe(connection);

        _spare.TryTake(Address, "test").ShouldBeNull();
        await _spare.DisposeAsync();
        connection.Disposed.Task.IsCompleted.ShouldBeFalse("the taker owns it");
        _time.ActiveTimers.ShouldBe(0);
    }

    [Theory, InlineData("http://server.invalid/tunnel", "other"), InlineData("http://other.invalid/tunnel", "test")]
    public async Task Connection_of_another_transport_or_address_is_not_taken(string address, string transport)
    {
        var connection = new TestConnection();
        _spare.Put(Address, connection);

        _spare.TryTake(new Uri(address), transport).ShouldBeNull();

        await _spare.DisposeAsync();
        await connection.Disposed.Task.DefaultTimeout();
    }

    [Fact]
    public async Task Connection_that_is_not_taken_is_closed()
    {
        var connection = new TestConnection();
        _spare.Put(Address, connection);

        _time.Advance(SpareConnection.Lifetime);

        await connection.Disposed.Task.DefaultTimeout();
        _spare.TryTake(Address, "test").ShouldBeNull();
        await _spare.DisposeAsync();
    }

    [Fact]
    public async Task Second_connection_and_one_after_the_disposal_are_closed()
    {
        var first = new TestConnection();
        var second = new TestConnection();
        var late = new TestConnection();
        _spare.Put(Address, first);
        _spare.Put(Address, second);
        await second.Disposed.Task.DefaultTimeout();
        first.Disposed.Task.IsCompleted.ShouldBeFalse();

        await _spare.DisposeAsync();
        first.Disposed.Task.IsCompleted.ShouldBeTrue();

        _spare.Put(Address, late);
        await late.Disposed.Task.DefaultTimeout();
    }

    private sealed class TestConnection : ITransportConnection
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TransportConnectionInfo Info { get; } = new("test");

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            Disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
