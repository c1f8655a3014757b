using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using TunnelRpc.Gateway.Polling;
using TunnelRpc.Gateway.ReverseHttp;
using TunnelRpc.Gateway.Routing;
using TunnelRpc.Testing.Time;
using TunnelRpc.Tests.Peers;

namespace TunnelRpc.Gateway.Tests.ReverseHttp;

/// <summary>A PTTH connection on which a response is complete before the write of its request has returned.</summary>
public sealed class LateWriteTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LateStream _stream = new();
    private readonly RequestQueue _queue;
    private readonly PtthConnection _connection;

    public LateWriteTests()
    {
        _queue = new RequestQueue(new RequestQueueLimits(8, 8, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60)), _time);
        _connection = new PtthConnection(_stream, _queue, _time);
    }

    public void Dispose() => _stream.Dispose();

    [Fact]
    public async Task Connection_carries_the_next_request_when_the_write_returns()
    {
        using var stop = new CancellationTokenSource();
        Task run = _connection.RunAsync(stop.Token);
        await ExchangeAsync();
        _stream.ReleaseWrite();

        await ExchangeAsync();

        run.IsCompleted.ShouldBeFalse();
        _stream.ReleaseWrite();
        await stop.CancelAsync();
        await run.DefaultTimeout();
    }

    [Fact]
    public async Task Connection_ends_when_the_write_does_not_return()
    {
        Task run = _connection.RunAsync(CancellationToken.None);
        await ExchangeAsync();
        await _time.WhenTimerDueAsync(TimeSpan.FromSeconds(5)).DefaultTimeout();

        _time.Advance(TimeSpan.FromSeconds(5));

        await run.DefaultTimeout();
    }

    private async Task ExchangeAsync()
    {
        Task<GatewayResponse> sent = _queue.SendAsync(
            new GatewayRequest { Name = "shop", Method = "GET", Target = "/", Scheme = "http", Version = "1.1", Fields = [] },
            default,
            CancellationToken.None).AsTask();
        (await _stream.ReadWrittenAsync()).ShouldStartWith("GET / HTTP/1.1\r\n");
        await _stream.RespondAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using GatewayResponse response = await sent.DefaultTimeout();
        using var reader = new StreamReader(response.Body!);
        (await reader.ReadToEndAsync().DefaultTimeout()).ShouldBe("ok");
    }

    /// <summary>A connection whose writes arrive at once, and return when the test says so.</summary>
    private sealed class LateStream : Stream
    {
        private readonly Pipe _responses = new();
        private readonly Channel<string> _written = Channel.CreateUnbounded<string>();
        private readonly SemaphoreSlim _releases = new(0);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public Task<string> ReadWrittenAsync() => _written.Reader.ReadAsync().DefaultTimeout();

        public void ReleaseWrite() => _releases.Release();

        public async Task RespondAsync(string text) => await _responses.Writer.WriteAsync(Encoding.ASCII.GetBytes(text));

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written.Writer.TryWrite(Encoding.ASCII.GetString(buffer.Span)).ShouldBeTrue();
            await _releases.WaitAsync(cancellationToken);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => _responses.Reader.AsStream(leaveOpen: true).ReadAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _releases.Dispose();
            base.Dispose(disposing);
        }
    }
}
