using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class WebSocketMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "websocket";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } =
        new Dictionary<string, Expected>(Expectations.ForUpgrade()) { ["only WebSocket"] = Expected.Works };
}
