package api

// OpenAPI is the description of the API.
func (s *Server) OpenAPI() any { return nil }
