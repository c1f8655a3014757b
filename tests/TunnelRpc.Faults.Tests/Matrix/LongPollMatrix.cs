using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class LongPollMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "long-poll";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForLongPoll();
}
