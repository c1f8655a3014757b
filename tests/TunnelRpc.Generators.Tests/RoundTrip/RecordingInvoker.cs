using TunnelRpc.Serialization;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>Records the encoded arguments of the last unary call, and returns the default value.</summary>
internal sealed class RecordingInvoker : TunnelInvoker
{
    public string? Method { get; private set; }

    public byte[]? Arguments { get; private set; }

    public override TunnelInvoker With(TunnelCallOptions options) => this;

    public override ValueTask<TResult> InvokeAsync<TService, TArgs, TResult>(
        UnaryMethod<TService, TArgs, TResult> method, TArgs args, CancellationToken cancellationToken)
    {
        Method = method.Name;
        Arguments = Loop.Write(method.ArgumentsFormatter, args);
        return default;
    }

    public override async ValueTask InvokeVoidAsync<TService, TArgs>(
        UnaryMethod<TService, TArgs, Unit> method, TArgs args, CancellationToken cancellationToken) =>
        await InvokeAsync(method, args, cancellationToken);

    public override ValueTask InvokeOneWayAsync<TService,
    TArgs>(OneWayMethod<TService, TArgs> method, TArgs args, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IAsyncEnumerable<TItem> InvokeServerStreamingAsync<TService, TArgs, TItem>(
        ServerStreamingMethod<TService, TArgs, TItem> method, TArgs args, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<TResult> InvokeClientStreamingAsync<TService, TArgs, TItem, TResult>(
        ClientStreamingMethod<TService, TArgs, TItem, TResult> method, TArgs args, IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IAsyncEnumerable<TResultItem> InvokeDuplexStreamingAsync<TService, TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method, TArgs args, IAsyncEnumerable<TItem> items,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
