using System.Buffers;
using System.Threading.Channels;
using TunnelRpc.Accounting;
using TunnelRpc.Sessions;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;
using TunnelRpc.Transports;
using TunnelRpc.Transports.Connections;

namespace TunnelRpc.Tests.Sessions;

public sealed class ReceiveBufferTests
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedConnection _connection = new();
    private readonly ReceiveBuffer _input;

    public ReceiveBufferTests() => _input = new ReceiveBuffer(_connection, _time);

    [Fact]
    public async Task Idle_connection_is_awaited_without_a_buffer()
    {
        StartAccounting();

        for (byte round = 1; round < 5; round++)
        {
            ValueTask<bool> reading = _input.ReadMoreAsync(CancellationToken.None);
            _connection.ZeroByteReads.ShouldBe(round);
            _connection.Reads.ShouldBe(round - 1, "the buffer is rented after the zero-byte read");
            _time.Advance(IdleTime);
            _connection.Send([round, 7]);

            (await reading.AsTask().DefaultTimeout()).ShouldBeTrue();
            _input.Buffered.ToArray().ShouldBe([round, 7]);
            _input.Consume(2);
        }
    }

    [Fact]
    public async Task Busy_connection_is_read_without_a_zero_byte_read()
    {
        StartAccounting();

        for (int round = 0; round < 5; round++)
        {
            _connection.Send([1]);
            (await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout()).ShouldBeTrue();
            _input.Consume(1);
        }

        _connection.ZeroByteReads.ShouldBe(1, "only the first read is preceded by a zero-byte read");
        _connection.Reads.ShouldBe(5);
    }

    [Fact]
    public async Task Bytes_that_are_not_consumed_stay_in_the_buffer()
    {
        StartAccounting();
        _connection.Send([1, 2, 3]);
        await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout();
        _input.Consume(1);
        _time.Advance(IdleTime);
        _connection.Send([4]);
        await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout();
        _connection.Send([5]);
        await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout();

        _input.Buffered.ToArray().ShouldBe([2, 3, 4, 5]);
        _connection.ZeroByteReads.ShouldBe(1, "only the first read is preceded by a zero-byte read");
    }

    [Fact]
    public async Task End_of_an_idle_connection_is_reported()
    {
        StartAccounting();
        _connection.End();

        (await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout()).ShouldBeFalse();
        _input.Dispose();
    }

    [Fact]
    public async Task Connection_without_zero_byte_reads_is_read_with_a_buffer()
    {
        _connection.SupportsZeroByteReads = false;
        StartAccounting();
        _connection.Send([1]);

        (await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout()).ShouldBeTrue();
        _connection.ZeroByteReads.ShouldBe(0);
    }

    [Fact]
    public async Task Handshake_is_read_with_a_buffer()
    {
        _connection.Send([1]);
        _time.Advance(IdleTime);

        (await _input.ReadMoreAsync(CancellationToken.None).AsTask().DefaultTimeout()).ShouldBeTrue();
        _connection.ZeroByteReads.ShouldBe(0);
    }

    private void StartAccounting() => _input.AccountTo(new MemoryAccount(1 << 20), _time);

    /// <summary>Returns scripted bytes, and counts reads and zero-byte reads.</summary>
    private sealed class ScriptedConnection : ITransportConnection, IZeroByteReadConnection
    {
        private readonly Channel<byte[]> _sent = Channel.CreateUnbounded<byte[]>();

        public TransportConnectionInfo Info { get; } = new("scripted", null, null);

        public bool SupportsZeroByteReads { get; set; } = true;

        public int ZeroByteReads { get; private set; }

        public int Reads { get; private set; }

        public void Send(byte[] bytes) => _sent.Writer.TryWrite(bytes).ShouldBeTrue();

        public void End() => _sent.Writer.Complete();

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            if (buffer.IsEmpty)
            {
                SupportsZeroByteReads.ShouldBeTrue();
                ZeroByteReads++;
                await _sent.Reader.WaitToReadAsync(cancellationToken);
                return 0;
            }

            Reads++;
            if (!await _sent.Reader.WaitToReadAsync(cancellationToken))
            {
                return 0;
            }

            byte[] next = await _sent.Reader.ReadAsync(cancellationToken);
            next.CopyTo(buffer);
            return next.Length;
        }

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing is written here.");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
