namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>
/// Calls a unary method that returns a string, with encoded arguments, as a peer with another version of the contract would send them.
/// </summary>
internal sealed class RawCall<TService>(TService service, byte[] arguments) : ITunnelMethodVisitor<TService, Task<string>>
    where TService : class
{
    public async Task<string> VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method) =>
        (string)(object)(await method.Invoke(service, Loop.Read(method.ArgumentsFormatter, arguments), default))!;

    public Task<string> VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method) => throw new NotSupportedException();

    public Task<string> VisitServerStreaming<TArgs,
    TItem>(ServerStreamingMethod<TService, TArgs, TItem> method) => throw new NotSupportedException();

    public Task<string> VisitClientStreaming<TArgs, TItem,
    TResult>(ClientStreamingMethod<TService, TArgs, TItem, TResult> method) => throw new NotSupportedException();

    public Task<string> VisitDuplexStreaming<TArgs, TItem,
    TResultItem>(DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method) => throw new NotSupportedException();
}
