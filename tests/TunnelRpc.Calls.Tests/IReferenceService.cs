using System.IO.Pipelines;

namespace TunnelRpc.Calls.Tests;

/// <summary>Passes streams, pipes, progress and services by reference. Both sides serve it.</summary>
[TunnelService(Callback = typeof(IReferenceService))]
public partial interface IReferenceService
{
    Task<string> HashAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>Reads exactly <paramref name="count"/> bytes and no more.</summary>
    Task<int> ReadSomeAsync(Stream content, int count);

    Task<Stream> OpenAsync(long length, string name);

    Task<(long Length, Stream Content)> OpenWithLengthAsync(long length);

    Task WriteAsync(long length, Stream target);

    Task<string> HashPipeAsync(PipeReader content);

    Task WritePipeAsync(long length, PipeWriter target);

    Task<int> CountAsync(int to, IProgress<int>? progress, CancellationToken cancellationToken = default);

    Task<List<int>> ZipAsync(IAsyncEnumerable<int> left, IAsyncEnumerable<int> right);

    IAsyncEnumerable<string> HashAllAsync(IAsyncEnumerable<Stream> contents);

    Task<IAsyncEnumerable<int>> NumbersAsync(int count);

    Task<string> CallListenerAsync(IListener listener, string text);

    /// <summary>Calls the listener that an earlier call passed.</summary>
    Task<string> CallLastListenerAsync(string text);

    Task<ISubscription> SubscribeAsync(IListener listener, string name);

    /// <summary>Returns whether the argument is an object that this side exported.</summary>
    Task<bool> IsMineAsync(ISubscription subscription);

    Task<int> CallListenersAsync(Listeners listeners);
}
