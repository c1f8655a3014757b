using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;

namespace TunnelRpc.Calls.Tests.Contracts;

public sealed class ContractsOverInMemory() : ContractConformance(null);

public sealed class ContractsOverUpgrade() : ContractConformance(new UpgradeTransport());

public sealed class ContractsOverReverseHttp() : ContractConformance(new ReverseHttpTransport());

public sealed class ContractsOverConnect() : ContractConformance(new ThroughProxy());

public sealed class ContractsOverTwoConnection() : ContractConformance(new TwoConnectionTransport());
