using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// The imported reference of an <see cref="IProgress{T}"/>. The runtime disposes it before it sends the reply of the call that it was an
/// argument of; any other is disposed by its receiver, or ends when the application no longer holds it. Disposal waits until all queued
/// reports have been sent. Thread-safe.
/// </summary>
internal sealed class RemoteProgress<T>(TunnelInvoker sink, ClientStreamingMethod<IProgressSink<T>, Unit, T, Unit> method)
    : IProgress<T>, IAsyncDisposable
{
    private readonly ProgressUpload<T> _upload = new(sink, method);

    // The task is not awaited: it never fails, and no caller waits for it.
    ~RemoteProgress() => ThreadPool.UnsafeQueueUserWorkItem(
        static upload => _ = upload.CompleteAsync(), _upload, preferLocal: false);

    public void Report(T value)
    {
        _upload.Report(value);

        // The finalizer accepts no more reports, so it must not run before this one is queued.
        GC.KeepAlive(this);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _upload.CompleteAsync().ConfigureAwait(false);
    }
}
