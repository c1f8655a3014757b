namespace TunnelRpc.Load.Raw;

/// <summary>Frames over a stream. The channel owns the stream.</summary>
internal sealed class StreamChannel(Stream stream) : BatchingChannel
{
    public override ValueTask DisposeAsync() => stream.DisposeAsync();

    protected override ValueTask<int> ReadAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    protected override async ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        await stream.WriteAsync(data);
        await stream.FlushAsync();
    }

    protected override bool IsDisconnect(Exception error) => error is IOException or ObjectDisposedException or OperationCanceledException;
}
