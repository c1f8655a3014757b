namespace TunnelRpc.References;

/// <summary>What both directions of a passed stream have in common: it cannot seek, and is asynchronous only.</summary>
internal abstract class RemoteStreamBase : Stream
{
    public override bool CanSeek => false;

    public override long Length => throw Unsupported("has no known length");

    public override long Position
    {
        get => throw Unsupported("has no position");
        set => throw Unsupported("has no position");
    }

    public override long Seek(long offset, SeekOrigin origin) => throw Unsupported("cannot seek");

    public override void SetLength(long value) => throw Unsupported("has no length to set");

    public override void Flush()
    {
        // Writes go out as they are made.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw Unsupported("is read with ReadAsync: reading waits for the peer, and must not block a thread");

    public override void Write(byte[] buffer, int offset, int count) => throw Unsupported("is written with WriteAsync: writing waits for the peer, and must not block a thread");

    /// <summary>What the platform expects of a stream that fails.</summary>
    protected static IOException Failed(Exception error) => new($"The stream over the tunnel failed: {error.Message}", error);

    private static NotSupportedException Unsupported(string what) => new($"A stream over a tunnel {what}.");
}
