using TunnelRpc.References;
using TunnelRpc.Serialization;
using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Tests.Calls;

/// <summary>A contract for tests of the call layer, written by hand in the form that the generator produces.</summary>
internal interface IProbe : ITunnelService<IProbe>
{
    static readonly OneWayMethod<IProbe, Unit> WaitOneWay = new(
        "Probe", "WaitOneWay", UnitFormatter.Instance, static (service, _, cancelled) => service.WaitAsync(cancelled));

    static readonly UnaryMethod<IProbe, Unit, Unit> Wait = new(
        "Probe",
        "Wait",
        UnitFormatter.Instance,
        UnitFormatter.Instance,
        static (service, _, cancellationToken) => Unit.From(service.WaitAsync(cancellationToken)));

    static readonly ServerStreamingMethod<IProbe, Unit, byte[]> Stream = new(
        "Probe",
        "Stream",
        UnitFormatter.Instance,
        ByteArrayFormatter.Instance,
        static (service, _, cancellationToken) => service.StreamAsync(cancellationToken));

    static readonly UnaryMethod<IProbe, Unit, Stream> Open = new(
        "Probe", "Open", UnitFormatter.Instance, StreamFormatter.Instance, static (service, _, _) => service.OpenAsync())
    {
        HasReferences = true,
    };

    static TunnelServiceDefinition<IProbe> ITunnelService<IProbe>.TunnelDefinition { get; } =
        new("Probe", static _ => throw new NotSupportedException("The tests call through the invoker."), WaitOneWay, Wait, Stream, Open);

    ValueTask WaitAsync(CancellationToken cancellationToken);

    ValueTask<Stream> OpenAsync();

    IAsyncEnumerable<byte[]> StreamAsync(CancellationToken cancellationToken);
}
