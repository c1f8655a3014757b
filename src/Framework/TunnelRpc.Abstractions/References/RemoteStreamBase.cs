namespace TunnelRpc.References;

/// <summary>The base class of imported streams. They cannot seek, and they support only asynchronous reads and writes.</summary>
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
        // Written chunks are sent without an explicit flush.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) =>
        throw CreateNotSupportedException(
            "supports only ReadAsync, since a synchronous read would block a thread while it waits for the peer");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw CreateNotSupportedException(
            "supports only WriteAsync, since a synchronous write would block a thread while it waits for the peer");

    /// <summary>Converts the failure of the call to the exception type that callers of a <see cref="Stream"/> expect.</summary>
    protected static IOException CreateIOException(Exception error) => new($"The stream over the tunnel failed: {error.Message}", error);

    private static NotSupportedException CreateNotSupportedException(string reason) => new($"A stream over a tunnel {reason}.");
}
