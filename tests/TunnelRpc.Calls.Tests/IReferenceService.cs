using System.IO.Pipelines;

namespace TunnelRpc.Calls.Tests;

/// <summary>What travels by reference. Served by both sides.</summary>
[TunnelService(Callback = typeof(IReferenceService))]
public partial interface IReferenceService
{
    Task<string> HashAsync(Stream content, CancellationToken cancellationToken = default);

    /// <summary>Reads so much, and leaves the rest.</summary>
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

    Task<string> TellAsync(IListener listener, string text);

    /// <summary>Tells a listener that has come with an earlier call.</summary>
    Task<string> TellLaterAsync(string text);

    Task<ISubscription> SubscribeAsync(IListener listener, string name);

    /// <summary>Whether it is the object that this side gave away.</summary>
    Task<bool> IsMineAsync(ISubscription subscription);

    Task<int> TellManyAsync(Listeners listeners);
}
