using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class ExtendedConnectMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "extended-connect";

    protected override bool IsHttp2 => true;

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForOneConnection();
}
