using TunnelRpc.Load.Contract;

namespace TunnelRpc.Load.Peers.Grpc;

/// <content>The object that is sent.</content>
internal sealed partial class GrpcSample : IEcho
{
    public static readonly GrpcSample One = new() { Id = Sample.One.Id, Name = Sample.One.Name, Value = Sample.One.Value };
}
