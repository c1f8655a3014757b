namespace TunnelRpc.Calls;

/// <summary>Creates the handler of a method, by the shape of its calls.</summary>
/// <param name="activator">Resolves the implementation.</param>
/// <param name="filters">The filters; null for none.</param>
internal sealed class MethodHandlerFactory<TService>(ServiceActivator<TService> activator, FilterSet? filters)
    : ITunnelMethodVisitor<TService, MethodHandler>
    where TService : class
{
    public MethodHandler VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method) =>
        new UnaryHandler<TService, TArgs, TResult>(method, activator, filters);

    public MethodHandler VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method) =>
        new OneWayHandler<TService, TArgs>(method, activator, filters);

    public MethodHandler VisitServerStreaming<TArgs, TItem>(ServerStreamingMethod<TService, TArgs, TItem> method) =>
        new ServerStreamingHandler<TService, TArgs, TItem>(method, activator, filters);

    public MethodHandler VisitClientStreaming<TArgs, TItem, TResult>(ClientStreamingMethod<TService, TArgs, TItem, TResult> method) =>
        new ClientStreamingHandler<TService, TArgs, TItem, TResult>(method, activator, filters);

    public MethodHandler VisitDuplexStreaming<TArgs, TItem, TResultItem>(
        DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method) =>
        new DuplexStreamingHandler<TService, TArgs, TItem, TResultItem>(method, activator, filters);
}
