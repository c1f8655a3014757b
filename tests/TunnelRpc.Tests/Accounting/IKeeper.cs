using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Tests.Accounting;

/// <summary>A contract whose calls occupy memory; written by hand, in the form of the generator.</summary>
internal interface IKeeper : ITunnelService<IKeeper>
{
    static readonly UnaryMethod<IKeeper, byte[], int> Keep = new(
        "Keeper", "Keep", ByteArrayFormatter.Instance, Int32Formatter.Instance,
        static (service, bytes, cancelled) => service.KeepAsync(bytes, cancelled));

    static readonly OneWayMethod<IKeeper, byte[]> Tell = new(
        "Keeper", "Tell", ByteArrayFormatter.Instance, static (service, bytes, _) => service.TellAsync(bytes));

    static readonly UnaryMethod<IKeeper, int, byte[]> Make = new(
        "Keeper", "Make", Int32Formatter.Instance, ByteArrayFormatter.Instance, static (service, size, _) => service.MakeAsync(size));

    static readonly ServerStreamingMethod<IKeeper, int, byte[]> Give = new(
        "Keeper", "Give", Int32Formatter.Instance, ByteArrayFormatter.Instance,
        static (service, size, cancelled) => service.GiveAsync(size, cancelled));

    static readonly ClientStreamingMethod<IKeeper, int, byte[], int> Take = new(
        "Keeper", "Take", Int32Formatter.Instance, ByteArrayFormatter.Instance, Int32Formatter.Instance,
        static (service, count, blocks, cancelled) => service.TakeAsync(count, blocks, cancelled));

    static TunnelServiceDefinition<IKeeper> ITunnelService<IKeeper>.TunnelDefinition { get; } =
        new("Keeper", static invoker => new Stub(invoker), Keep, Tell, Make, Give, Take);

    /// <summary>Runs until the test releases it; returns the length.</summary>
    ValueTask<int> KeepAsync(byte[] bytes, CancellationToken cancellationToken = default);

    ValueTask TellAsync(byte[] bytes);

    ValueTask<byte[]> MakeAsync(int size);

    /// <summary>Items of this many bytes, until the call is cancelled.</summary>
    IAsyncEnumerable<byte[]> GiveAsync(int size, CancellationToken cancellationToken = default);

    /// <summary>Consumes this many items, waits until the test releases it, consumes the others, and returns their total number.</summary>
    ValueTask<int> TakeAsync(int count, IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken = default);

    private sealed class Stub(TunnelInvoker invoker) : IKeeper
    {
        public ValueTask<int> KeepAsync(byte[] bytes, CancellationToken cancellationToken) =>
            invoker.InvokeAsync(Keep, bytes, cancellationToken);

        public ValueTask TellAsync(byte[] bytes) => invoker.InvokeOneWayAsync(Tell, bytes, CancellationToken.None);

        public ValueTask<byte[]> MakeAsync(int size) => invoker.InvokeAsync(Make, size, CancellationToken.None);

        public IAsyncEnumerable<byte[]> GiveAsync(int size, CancellationToken cancellationToken) =>
            invoker.InvokeServerStreamingAsync(Give, size, cancellationToken);

        public ValueTask<int> TakeAsync(int count, IAsyncEnumerable<byte[]> blocks, CancellationToken cancellationToken) =>
            invoker.InvokeClientStreamingAsync(Take, count, blocks, cancellationToken);
    }
}
