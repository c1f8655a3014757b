namespace Quickstart;

/// <summary>One call and its result.</summary>
internal sealed record DemoStep(string Call, string Result, double Milliseconds);
