namespace TunnelRpc.References;

/// <summary>What both directions of a passed stream have in common: it cannot seek, and is asynchronous only.</summary>
internal abstract class RemoteStreamBase : Stream
{
    public override bool CanSeek => false;

    public override long Length => throw CreateNotSupportedException("has no known length");

    public override long Position
    {
        get => throw CreateNotSupportedException("has no position");
        set => throw CreateNotSupportedException("has no position");
    }

    public override long Seek(long offset, SeekOrigin origin) => throw CreateNotSupportedException("cannot seek");

    public override void SetLength(long value) => throw CreateNotSupportedException("has no length to set");

    public override void Flush()
    {
        // Writes go out as they are made.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw CreateNotSupportedException("is read with ReadAsync: reading waits for the peer, and must not block a thread");

    public override void Write(byte[] buffer, int offset, int count) => throw CreateNotSupportedException("is written with WriteAsync: writing waits for the peer, and must not block a thread");

    /// <summary>What the platform expects of a stream that fails.</summary>
    protected static IOException CreateIOException(Exception error) => new($"The stream over the tunnel failed: {error.Message}", error);

    private static NotSupportedException CreateNotSupportedException(string reason) => new($"A stream over a tunnel {reason}.");
}
