using TunnelRpc.Serialization.Formatters;

namespace TunnelRpc.Tests.Negotiation;

/// <summary>A contract written by hand, with the code that the generator would emit.</summary>
internal interface IEcho : ITunnelService<IEcho>
{
    static readonly UnaryMethod<IEcho, string, string> Echo = new(
        "Echo",
        "Echo",
        StringFormatter.Instance,
        StringFormatter.Instance,
        static async (service, text, _) => await service.EchoAsync(text));

    static TunnelServiceDefinition<IEcho> ITunnelService<IEcho>.TunnelDefinition { get; } =
        new("Echo", static invoker => new Stub(invoker), Echo);

    ValueTask<string> EchoAsync(string text);

    private sealed class Stub(TunnelInvoker invoker) : IEcho
    {
        public async ValueTask<string> EchoAsync(string text) => await invoker.InvokeAsync(Echo, text, CancellationToken.None);
    }
}
